import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { installDebian } from './debian.ts';

const NAMES = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser', 'chrome'];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** A Chrome or Chromium that is on this machine, or null. STOPGAP_BROWSER names one outright. */
export function findBrowser(): string | null {
  const named = process.env.STOPGAP_BROWSER;
  if (named && existsSync(named)) return named;
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const candidates = [
    ...NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))),
    ...PLACES,
  ];
  return candidates.find((file) => existsSync(file)) ?? null;
}

/** Finds a browser for the end-to-end tests or installs one, and says what it did. */
export function ensureBrowser(say: (line: string) => void): string {
  const found = findBrowser();
  if (found) {
    say(`Using the browser ${found}`);
    return found;
  }
  say('No Chrome or Chromium here: installing the one Playwright brings');
  const own = spawnSync('playwright', ['install', 'chromium'], { stdio: 'ignore', timeout: 180_000 });
  if (own.status === 0) {
    const file = execFileSync(process.execPath, [
      '-e',
      "process.stdout.write(require('@playwright/test').chromium.executablePath())",
    ]).toString();
    if (existsSync(file)) return file;
  }
  say("That download was refused: installing Debian's package chromium, where that can be done");
  const installed = installDebian('chromium') ? findBrowser() : null;
  if (installed) return installed;
  throw new Error(
    'The end-to-end tests need Chrome or Chromium. Install one, or name it in STOPGAP_BROWSER.',
  );
}
