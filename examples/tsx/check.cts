import perigee = require('perigee');

// With require(), tsx would take an ES module of this folder for CommonJS.
void import('./answers.ts').then(({ print }) => print(perigee));
