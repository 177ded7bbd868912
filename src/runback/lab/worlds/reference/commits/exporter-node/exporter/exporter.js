const settings = require("./settings").read("settings.properties");

console.log(`exporter: keeps exports for ${settings.days} days`);
setInterval(() => console.log("exporter: nothing to export"), 60_000);
