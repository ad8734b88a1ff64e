import { Component } from '@angular/core';
import { bootstrapApplication } from '@angular/platform-browser';
import { check } from '../src/check.js';

@Component({ selector: 'app-root', template: '' })
class App {
  constructor() {
    // angular.json copies perigee/dist/browser to this folder beside the page.
    void check({ assetsUrl: 'perigee/' }).then((answers) => Object.assign(globalThis, { answers }));
  }
}

void bootstrapApplication(App);
