// Photographs reports in headless Chromium: node pictures.cjs CHROMIUM SHOTS.json (made by pictures.py).
"use strict";
const fs = require("node:fs");
const { chromium } = require("playwright-core");

async function main() {
  const [executablePath, list] = process.argv.slice(2);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  for (const shot of JSON.parse(fs.readFileSync(list, "utf8"))) {
    const context = await browser.newContext({
      viewport: { width: shot.width, height: shot.height },
      colorScheme: shot.scheme,
    });
    const page = await context.newPage();
    await page.goto("file://" + shot.file);
    if (shot.part) await page.locator(shot.part).screenshot({ path: shot.picture });
    else await page.screenshot({ path: shot.picture });
    await context.close();
  }
  await browser.close();
}

main().catch((error) => { console.error(error); process.exit(1); });
