import { expect, type Page, test } from '@playwright/test';
import { type ContractRow, hasRealData, realDataPlace, realRows } from '#tests/real-data';
import { api, apiKey, signedIn } from './fixtures.ts';
import { stack } from './stack.ts';

/** What real texts bring along, and which of them bring it. */
const HOSTILE: Record<string, (row: ContractRow) => boolean> = {
  CRLF: (row) => row.completion.includes('\r\n'),
  'a lone CR': (row) => /\r(?!\n)/.test(row.completion),
  'bidirectional controls': (row) => /[\u202a-\u202e\u2066-\u2069]/.test(row.completion + row.prompt),
  'zero-width characters': (row) => /[\u200b-\u200d\ufeff]/.test(row.completion + row.prompt),
  'U+2028 or NEL': (row) => /[\u0085\u2028\u2029]/.test(row.completion + row.prompt),
  'a line of over 2,000 characters': (row) =>
    (row.completion + row.prompt).split(/[\r\n]/).some((line) => line.length > 2_000),
  'a script tag': (row) => /<\/script/i.test(row.completion + row.prompt),
  'an empty completion': (row) => row.completion === '',
  'a template or shell placeholder': (row) => /\{\{|\$\{/.test(row.completion),
};

const PER_KIND = 4;
const BATCH = 500;

async function ingestAll(key: string, rows: ContractRow[]): Promise<Map<string, string>> {
  const totals = { created: 0, duplicates: 0, conflicts: 0, invalid: 0 };
  for (let at = 0; at < rows.length; at += BATCH) {
    const { status, body } = await api(key, 'POST', '/api/v1/interactions', rows.slice(at, at + BATCH));
    expect(status).toBe(200);
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += Number(body[name]);
  }
  expect(totals).toEqual({ created: rows.length, duplicates: 0, conflicts: 0, invalid: 0 });
  const ids = new Map<string, string>();
  const reader = await apiKey('export', 'real-data-reader');
  for (let cursor = ''; ; ) {
    const { body } = await api(
      reader,
      'GET',
      `/api/v1/interactions?source=real-data&limit=200${cursor && `&cursor=${cursor}`}`,
    );
    for (const item of body.items as { id: string; externalId: string }[]) ids.set(item.externalId, item.id);
    if (!body.nextCursor) return ids;
    cursor = encodeURIComponent(String(body.nextCursor));
  }
}

/** Opens one record in the workbench and waits for its code to be painted. */
async function open(page: Page, id: string): Promise<void> {
  await page.goto(`/queue/${id}`);
  await expect(page.getByText(/lease \d/)).toBeVisible();
  await expect(page.getByRole('region', { name: /Suggested change|New code/ })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'This page could not be shown' })).toHaveCount(0);
}

test('all real records come in through the public API and every one can be read', async ({ browser }) => {
  test.skip(!hasRealData, `the real records are not at ${realDataPlace}`);
  test.setTimeout(1_800_000);
  const rows = realRows();
  const ids = await ingestAll(await apiKey('ingest', 'real-data'), rows);
  expect(ids.size).toBe(rows.length);

  const page = await signedIn(browser, 'reviewer', 'Reader');
  const broken: string[] = [];
  page.on('pageerror', (error) => broken.push(error.message));
  page.on('dialog', (dialog) => broken.push(`a dialog opened: ${dialog.message()}`));

  // Every page, as the server writes it: there, whole, and with the record's own name on it.
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const queue = [...ids.entries()];
  const readers = Array.from({ length: 4 }, async () => {
    for (let next = queue.pop(); next; next = queue.pop()) {
      const [externalId, id] = next;
      const response = await fetch(`${stack().web}/queue/${id}`, { headers: { cookie } });
      const html = await response.text();
      if (response.status !== 200 || !html.includes('</html>') || !html.includes(id))
        broken.push(`${externalId}: ${response.status}`);
    }
  });
  await Promise.all(readers);
  expect(broken).toEqual([]);

  // The nastiest of each kind in a real browser, in the workbench itself.
  for (const [kind, has] of Object.entries(HOSTILE)) {
    const chosen = rows.filter(has).slice(0, process.env.STOPGAP_EVERY_RECORD ? undefined : PER_KIND);
    expect(chosen.length, `records with ${kind}`).toBeGreaterThan(0);
    for (const row of chosen) await open(page, ids.get(row.id) ?? '');
  }
  expect(broken).toEqual([]);
});

test('a NUL or half a surrogate pair is refused by itself, and its neighbours come in', async () => {
  const key = await apiKey('ingest', 'hostile-rows');
  const row = (id: string, completion: string) => ({
    id,
    occurredAt: '2026-11-22T14:05:00Z',
    model: { name: 'm', version: '1' },
    surface: 'inline',
    language: 'python',
    actor: { id: 'u' },
    prompt: '',
    completion,
  });
  const { status, body } = await api(key, 'POST', '/api/v1/interactions', [
    row('a', 'x = 1'),
    row('b', 'x\u0000'),
    row('c', 'x\ud800'),
    row('d', 'y = 2'),
  ]);
  expect(status).toBe(200);
  expect(body).toMatchObject({ created: 2, invalid: 2 });
  expect(JSON.stringify(body.results)).toMatch(/completion/);
});
