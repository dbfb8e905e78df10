import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, test as base, expect, type Page } from '@playwright/test';
import type { Role } from '#lib/permissions';
import { stack, stopgap } from './stack.ts';

/** Ends what a test has open in the browser: every page asks for news each second, and would beside the next test. */
export const test = base.extend<{ closed: undefined }>({
  closed: [
    async ({ browser }, use) => {
      await use(undefined);
      await Promise.all(browser.contexts().map((context) => context.close()));
    },
    { auto: true },
  ],
});

let people = 0;

/** A new person of that role, signed in, with a blank page in a browser context of their own. */
export async function signedIn(
  browser: Browser,
  role: Role,
  name: string = role,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Page> {
  people += 1;
  const email = `${role}-${people}-${process.pid}@example.test`;
  const { password } = await stopgap('users', 'create', '--email', email, '--role', role, '--name', name);
  const context = await browser.newContext({ baseURL: stack().web, ...options });
  // What the form sends; the form itself is walked through in first-run.spec.ts.
  const { csrfToken } = await (await context.request.get('/api/auth/csrf')).json();
  const form = { csrfToken, email, password: password ?? '', json: 'true' };
  const answer = await context.request.post('/api/auth/callback/credentials', { form });
  expect(answer.status(), await answer.text()).toBe(200);
  return context.newPage();
}

/** A key made on the command line. */
export async function apiKey(scope: string, source: string): Promise<string> {
  return (await stopgap('keys', 'create', '--scope', scope, '--source', source)).key ?? '';
}

/** Calls the public API with a key; answers status and parsed body. */
export async function api(
  key: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(`${stack().web}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

/** Two commanders let a rule out: one approves it, the other publishes it. */
export async function letOut(approver: Page, publisher: Page, rule: string): Promise<void> {
  for (const [page, key, button] of [
    [approver, 'a', /^Approve version/],
    [publisher, 'p', /^Publish/],
  ] as const) {
    await page.goto(`/mitigations/${rule}`);
    await press(page, key);
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: button }).click();
    await expect(dialog).toHaveCount(0);
  }
}

/** WCAG 2.2 A and AA by axe; the failure names each rule and element. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    // No page has frames, which alone need a second, blank page to put results together; and passes are not listed.
    .setLegacyMode()
    .options({ resultTypes: ['violations'] })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze();
  expect(
    violations.map((each) => `${each.id}: ${each.nodes.map((node) => node.target.join(' ')).join(' | ')}`),
  ).toEqual([]);
}

/** Nothing may scroll sideways at the width of a phone. */
export async function expectFits(page: Page): Promise<void> {
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(sideways, `the page is ${sideways} px wider than the screen`).toBeLessThanOrEqual(0);
}

/** Presses a key, or the first of a sequence, once the part of the page that it belongs to hears it. */
export async function press(page: Page, key: string): Promise<void> {
  await page.locator(`html[data-keys~="${key}"], html[data-keys*=" ${key}-"]`).waitFor();
  await page.keyboard.press(key);
}
