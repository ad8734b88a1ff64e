// perigee/webgpu and perigee/tfjs choose files for browsers. In Node there is nothing to choose.
module.exports = {};
