import { expect } from '@playwright/test';
import { api, expectAccessible, expectFits, press, test } from './fixtures.ts';
import { stack } from './stack.ts';

const admin = { email: 'root@example.test', password: 'correct horse battery staple' };

test('an empty Stopgap: first admin, first key, first interaction, all by following the page', async ({
  browser,
}) => {
  const context = await browser.newContext({ baseURL: stack().web });
  const page = await context.newPage();

  await page.goto('/queue');
  await expect(page).toHaveURL(/\/sign-in/);
  await expectAccessible(page);
  expect((await page.request.get('/demo-sign-in?as=admin')).status()).toBe(404);

  await page.goto('/setup?token=wrong');
  await page.getByLabel('Your name').fill('Root');
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByRole('textbox', { name: 'Password' }).fill(admin.password);
  await page.getByRole('button', { name: 'Make the first admin' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'token is not valid' })).toBeVisible();
  await expect(page.getByLabel('Your name')).toHaveValue('Root');

  await page.getByLabel('One-time token').fill(stack().setupToken);
  await page.getByRole('button', { name: 'Make the first admin' }).click();
  await expect(page.getByRole('heading', { name: 'First steps' })).toBeVisible();
  await expectAccessible(page);

  await page.goto('/settings/keys');
  await page.getByRole('button', { name: 'Make a key' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('my detector');
  await dialog.getByLabel('Source').fill('my-detector');
  await dialog.getByLabel(/^ingest/).check();
  await dialog.getByRole('button', { name: 'Make the key' }).click();
  const key = ((await dialog.getByLabel('API key').textContent()) ?? '').trim();
  expect(key).toMatch(/^sg_/);

  // The page shows a command; what it sends must be accepted as it stands, and show up without a reload.
  await page.goto('/start');
  const command = (await page.getByLabel('The request').textContent()) ?? '';
  const body = JSON.parse(/-d '([\s\S]+)'$/.exec(command.trim())?.[1] ?? 'null');
  const sent = await api(key, 'POST', '/api/v1/interactions', body);
  expect(sent).toMatchObject({ status: 200, body: { created: 1 } });
  await expect(page.getByText(/Received from my-detector/)).toBeVisible();
});

test('people: invite, sign in, change role, shut out at the next request', async ({ browser }) => {
  const context = await browser.newContext({ baseURL: stack().web });
  const page = await context.newPage();
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(admin.email);
  await page.getByRole('textbox', { name: 'Password' }).fill('wrong');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByText('do not go together')).toBeVisible();
  await page.getByRole('textbox', { name: 'Password' }).fill(admin.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page).toHaveURL(/\/start$/);
  // Home sends everybody on before it loads anything.
  const home = await page.request.get('/', { maxRedirects: 0 });
  expect([home.status(), home.headers().location, await home.text()]).toEqual([307, '/start', '']);

  await page.goto('/settings/people');
  await press(page, 'c');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Noor');
  await dialog.getByLabel('E-mail').fill('noor@example.test');
  await dialog.getByLabel('Role').selectOption('reviewer');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  const password = ((await dialog.getByLabel('One-time password').textContent()) ?? '').trim();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expectAccessible(page);

  const hers = await (
    await browser.newContext({ baseURL: stack().web, viewport: { width: 390, height: 844 } })
  ).newPage();
  await hers.goto('/sign-in');
  await hers.getByLabel('E-mail').fill('noor@example.test');
  await hers.getByRole('textbox', { name: 'Password' }).fill(password);
  await hers.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(hers).toHaveURL(/\/queue/);
  await expectFits(hers);
  // Not hers: the page says so instead of breaking.
  await hers.goto('/settings/people');
  await expect(hers.getByText('This needs the role admin')).toBeVisible();

  await page
    .getByRole('row', { name: /Noor/ })
    .getByRole('button', { name: /Shut out/ })
    .click();
  await page.getByRole('dialog').getByRole('button', { name: 'Shut out', exact: true }).click();
  await expect(
    page.getByRole('row', { name: /Noor/ }).getByRole('button', { name: /Let in again/ }),
  ).toBeVisible();
  // The page that she has open may learn it first, and be on its way there.
  await hers.goto('/queue').catch(() => undefined);
  await expect(hers).toHaveURL(/\/sign-in/);
});

test('security headers and a nonce that changes with every page', async ({ request }) => {
  const [one, two] = await Promise.all([
    request.get(`${stack().web}/sign-in`),
    request.get(`${stack().web}/sign-in`),
  ]);
  const policy = one.headers()['content-security-policy'] ?? '';
  expect(policy).toMatch(/script-src 'self' 'nonce-[^']+' 'strict-dynamic';/);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toBe(two.headers()['content-security-policy']);
  expect(one.headers()).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
  expect(one.headers()['x-powered-by']).toBeUndefined();
});
