const { readFileSync } = require("node:fs");

function number(text) {
  return JSON.parse(text);
}

function read(file) {
  const lines = readFileSync(file, "utf8").trim().split("\n");
  const given = Object.fromEntries(lines.map((line) => line.split("=", 2)));
  try {
    return { days: number(given.retention) };
  } catch (cause) {
    throw new Error("the settings cannot be read", { cause });
  }
}

module.exports = { read };
