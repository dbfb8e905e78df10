import { expect, type Page } from '@playwright/test';
import { api, apiKey, press, signedIn, test } from './fixtures.ts';

// What a reviewer does and takes back while the network fails: one ordered list, kept in the browser.

const TENANT = 'outbox';

async function flag(count: number): Promise<void> {
  const key = await apiKey('ingest', TENANT);
  const rows = Array.from({ length: count }, (_, index) => ({
    id: `${TENANT}/${index}`,
    occurredAt: '2026-11-22T14:05:00Z',
    model: { name: 'codex-sim', version: '2026.9' },
    surface: 'inline',
    language: 'python',
    actor: { id: `u-${index}`, tenant: TENANT },
    prompt: 'finish this function',
    before: null,
    completion: `digest_${index} = hashlib.md5(word_${index}).hexdigest()\n`,
    findings: [{ detector: TENANT, category: 'insecure_code', severity: 'low', cwe: null }],
  }));
  const { body } = await api(key, 'POST', '/api/v1/interactions', rows);
  expect(body).toMatchObject({ created: count });
}

const active = (page: Page) => page.locator('[data-item][data-active]');

/** The item on the screen, once it may be decided. */
async function ready(page: Page, not = ''): Promise<string> {
  await expect(active(page)).not.toHaveAttribute('data-item', not);
  await expect(page.getByRole('button', { name: 'Benign' })).toHaveAttribute('aria-disabled', 'false');
  return (await active(page).getAttribute('data-item')) ?? '';
}

test('what is taken back never arrives, and what is not taken back arrives once', async ({ browser }) => {
  await flag(6);
  const reader = await apiKey('export', `${TENANT}-reader`);
  const ria = await signedIn(browser, 'reviewer', 'Ria Offline');
  const network = ria.context();
  const verdicts = async (id: string) => {
    const { body } = await api(reader, 'GET', `/api/v1/interactions/${id}`);
    return (body.reviews as { verdict: string }[]).map(({ verdict }) => verdict);
  };
  const arrived = (id: string, ...expected: string[]) =>
    expect(async () => expect(await verdicts(id)).toEqual(expected)).toPass();
  const prefetched = () => expect(ria.locator('[data-item]')).toHaveCount(2);

  await ria.goto(`/queue?detector=${TENANT}`);
  await press(ria, 'r');
  await expect(ria).toHaveURL(/\/queue\/[\w-]+/);
  const first = await ready(ria);
  await prefetched();

  await test.step('offline: decided, taken back, online', async () => {
    await network.setOffline(true);
    await ria.keyboard.press('b');
    await expect(active(ria)).not.toHaveAttribute('data-item', first);
    await expect(ria.getByText('1 act is not sent yet')).toBeVisible();
    await ria.keyboard.press('z');
    await expect(active(ria)).toHaveAttribute('data-item', first);
    await expect(ria.getByText('Taken back; it was never sent. It was benign.')).toBeVisible();
    await network.setOffline(false);
    await ready(ria);
    await ria.keyboard.press('u');
    await arrived(first, 'unsure');
  });

  await test.step('arrived, but the answer was lost', async () => {
    const second = await ready(ria, first);
    await prefetched();
    await network.route('**/api/queue/decide', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await ria.keyboard.press('b');
    await arrived(second, 'benign');
    await expect(ria.getByText('1 act is not sent yet')).toBeVisible();
    await ria.keyboard.press('z');
    await expect(active(ria)).toHaveAttribute('data-item', second);
    await network.unrouteAll({ behavior: 'ignoreErrors' });
    await arrived(second);
    await ready(ria);
    await ria.keyboard.press('b');
    await arrived(second, 'benign');
    await ready(ria, second);
  });

  await test.step('the tab is killed before it was sent', async () => {
    const third = await ready(ria);
    await prefetched();
    await network.setOffline(true);
    await ria.keyboard.press('b');
    await expect(ria.getByText('1 act is not sent yet')).toBeVisible();
    await ria.close();
    expect(await verdicts(third)).toEqual([]);
    await network.setOffline(false);
    const again = await network.newPage();
    await again.goto('/me');
    await arrived(third, 'benign');
    await again.close();
  });

  await test.step('skip, hold and hand-over are taken back by the same key', async () => {
    const page = await network.newPage();
    await page.goto(`/queue?detector=${TENANT}`);
    await press(page, 'r');
    await expect(page).toHaveURL(/\/queue\/[\w-]+/);
    for (const [open, answer, words] of [
      ['s', ['1'], 'it was skipped'],
      ['w', ['Tab', 'a', 's', 'k', 'Enter'], 'it was held'],
    ] as const) {
      const item = await ready(page);
      await page.keyboard.press(open);
      await expect(page.getByRole('dialog')).toBeVisible();
      for (const key of answer) await page.keyboard.press(key);
      await ready(page, item);
      await page.keyboard.press('z');
      await expect(active(page)).toHaveAttribute('data-item', item);
      await expect(page.getByText(words)).toBeVisible();
      // The list beside it follows at once.
      await expect(
        page.getByRole('navigation', { name: 'What waits' }).locator('[aria-current]'),
      ).toHaveCount(1);
    }
    const item = await ready(page);
    await page.keyboard.press('b');
    await arrived(item, 'benign');
    await page.close();
  });

  await test.step('a killed browser leaves nothing held from its own person', async () => {
    const killed = await network.newPage();
    await killed.goto(`/queue?detector=${TENANT}`);
    await press(killed, 'r');
    await expect(killed).toHaveURL(/\/queue\/[\w-]+/);
    const left = await ready(killed);
    await expect(killed.locator('[data-item]')).toHaveCount(2);
    // Nothing that a page says on leaving gets through.
    await network.setOffline(true);
    await killed.close();
    await network.setOffline(false);
    const page = await network.newPage();
    const second = await network.newPage();
    await page.goto(`/queue?detector=${TENANT}`);
    await press(page, 'r');
    await expect(page).toHaveURL(/\/queue\/[\w-]+/);
    expect(await ready(page)).toBe(left);
    // A second tab gets another one, also where that was only held ahead.
    await second.goto(`/queue?detector=${TENANT}`);
    await press(second, 'r');
    await expect(second).toHaveURL(/\/queue\/[\w-]+/);
    expect(await ready(second)).not.toBe(left);
    await second.goto(`/queue/${left}`);
    await expect(second.getByText('You have this item open in another tab.')).toBeVisible();
  });
});
