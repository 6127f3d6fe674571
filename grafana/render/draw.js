// Draws one dashboard: node draw.js ANSWERS.json PICTURE.png. Nothing is fetched from a network.
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';

const [answers, picture] = process.argv.slice(2);
const dist = join(import.meta.dirname, 'dist');
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
});
// So high that all is in sight: tables draw no rows out of it.
const viewport = { width: 1600, height: 4000 };
const page = await browser.newPage({ viewport, timezoneId: 'UTC', locale: 'en-GB' });
const failures = [];
page.on('pageerror', (error) => failures.push(error.stack));
page.on('console', (message) => { if (process.env.VERBOSE) console.log(message.text()); });
await page.route('**/*', async (route) => {
  const path = new URL(route.request().url()).pathname;
  const file = path === '/answers.json' ? answers : join(dist, path === '/' ? 'index.html' : path);
  try {
    const body = await readFile(file);
    await route.fulfill({ body, contentType: types[extname(file)] ?? 'application/octet-stream' });
  } catch {
    await route.abort();
  }
});
await page.goto('http://dashboard.invalid/');
await page.waitForSelector('body[data-ready]', { timeout: 60_000 });
await page.locator('#root > div').screenshot({ path: picture });
await browser.close();
for (const failure of failures) console.error(failure);
process.exitCode = failures.length ? 1 : 0;
