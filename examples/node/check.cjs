const { createPerigee, loadModel } = require('perigee');
const { answersOf } = require('./answers.cjs');

answersOf({ createPerigee, loadModel }).then((answers) => console.log(JSON.stringify(answers)));
