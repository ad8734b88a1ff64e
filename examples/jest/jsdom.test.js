/** @jest-environment jsdom */
import './node.test.js';
