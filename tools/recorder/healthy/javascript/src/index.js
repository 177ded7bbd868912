const { load } = require("./load");
const unused = 1;
console.error("Error: only a message");
module.exports = { load };
