import { expect } from '@playwright/test';
import { api, apiKey, expectAccessible, expectFits, press, signedIn, test } from './fixtures.ts';
import { stack } from './stack.ts';

const INSTANCE = {
  instanceId: 'too-old',
  sdkVersion: '0.1.0',
  labels: {},
  activeSeq: 0,
  seq: 0,
  state: 'active',
};

test('the composer: a list too long for a box, names that look alike, SDKs that are too old', async ({
  browser,
}) => {
  const [ingest, feed, respond] = [
    await apiKey('ingest', 'composer'),
    await apiKey('feed', 'composer-fleet'),
    await apiKey('respond', 'composer-respond'),
  ];
  const row = (id: string, model: string) => ({
    id,
    occurredAt: new Date().toISOString(),
    model: { name: model, version: '1' },
    surface: 'inline',
    language: 'python',
    actor: { id: 'u' },
    prompt: 'Read the settings',
    completion: 'import turbojsonsafe\n',
    findings: [{ detector: 'names', category: 'malicious_package', severity: 'high' }],
  });
  // The first letter of the second is Cyrillic.
  await api(ingest, 'POST', '/api/v1/interactions', [
    row('a', 'composer-sim'),
    row('b', '\u0441omposer-sim'),
  ]);
  const found = await api(respond, 'GET', '/api/v1/interactions?source=composer');
  const incident = await api(respond, 'POST', '/api/v1/incidents', {
    title: 'A package that nobody published',
    severity: 'sev3',
    interactionIds: (found.body.items as { id: string }[]).map(({ id }) => id),
  });
  const report = (more: object) =>
    fetch(`${stack().feed}/v1/report`, {
      method: 'POST',
      headers: { authorization: `Bearer ${feed}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ...INSTANCE, ...more }),
    });
  expect((await report({})).status).toBe(200);

  const page = await signedIn(browser, 'commander', 'Cora Composer');
  await page.goto(`/mitigations/new?incident=${incident.body.ref}`);
  await press(page, '3');
  const box = page.getByRole('textbox', { name: 'Packages' });
  await expect(box).toBeVisible();

  await test.step('what looks like a name of the scope and is none', async () => {
    const models = page
      .getByRole('combobox', { name: 'Models' })
      .or(page.getByRole('textbox', { name: 'Models' }));
    await models.press('Backspace');
    await models.press('Backspace');
    await models.fill('composer-sim');
    await models.press('Enter');
    await expect(page.getByText('(U+0441 for c), which looks like composer-sim')).toBeVisible();
  });

  await test.step('who could not read it', async () => {
    await box.fill('turbojsonsafe');
    await page.getByRole('radio', { name: /^Mentioned anywhere/ }).check();
    await expect(page.getByText(/with 0\.1\.0\) would refuse the whole ruleset/)).toBeVisible();
    await page.getByRole('radio', { name: /^Imported or installed/ }).check();
    await expect(page.getByText(/would refuse the whole ruleset/)).toHaveCount(0);
  });

  await test.step('a hundred thousand names', async () => {
    await box.selectText();
    await box.evaluate((element) => {
      const clipboardData = new DataTransfer();
      const names = Array.from({ length: 100_000 }, (_, index) => `nobody-made-${index}`);
      clipboardData.setData('text/plain', names.join('\n'));
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
    });
    const list = page.getByRole('region', { name: 'Packages' });
    await expect(list).toContainText('A list of 100,000 lines');
    await expect(list).toBeFocused();
    await expect(box).toHaveCount(0);
    await expect(page.getByText(/^Read as .*: 100,000 packages\./)).toBeVisible();
    await expectAccessible(page);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectFits(page);
    await list.getByRole('button', { name: 'Start over' }).click();
    await expect(box).toBeFocused();
    await expect(box).toHaveValue('');
  });
  expect((await report({ goodbye: true })).status).toBe(200);
});
