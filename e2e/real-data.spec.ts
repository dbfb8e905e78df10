import { expect, type Page } from '@playwright/test';
import { type ContractRow, hasRealData, realDataPlace, realRows } from '#tests/real-data';
import { coversOnly } from '../tests/secrets/covers.ts';
import { api, apiKey, signedIn, test } from './fixtures.ts';
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

const EVERY = process.env.STOPGAP_EVERY_RECORD === '1';
const PER_KIND = EVERY ? undefined : 4;
/** One page of so many is read, from one on that the seed chooses; the API gives every record each time. */
const PAGE_OF = EVERY ? 1 : 12;
const SEED = Number(process.env.STOPGAP_SEED ?? Date.now() % 10_000);
const READERS = 4;
const BATCH = 500;

async function ingestAll(key: string, reader: string, rows: ContractRow[]): Promise<Map<string, string>> {
  const totals = { created: 0, duplicates: 0, conflicts: 0, invalid: 0 };
  for (let at = 0; at < rows.length; at += BATCH) {
    const { status, body } = await api(key, 'POST', '/api/v1/interactions', rows.slice(at, at + BATCH));
    expect(status).toBe(200);
    for (const name of Object.keys(totals) as (keyof typeof totals)[]) totals[name] += Number(body[name]);
  }
  expect(totals).toEqual({ created: rows.length, duplicates: 0, conflicts: 0, invalid: 0 });
  const ids = new Map<string, string>();
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

/** A few at a time; a record that `read` finds fault with is told by its own id. */
async function each(
  rows: ContractRow[],
  read: (row: ContractRow) => Promise<string | null>,
): Promise<string[]> {
  const broken: string[] = [];
  const waiting = rows.values();
  const reader = async () => {
    for (const row of waiting) {
      const fault = await read(row);
      if (fault !== null) broken.push(`${row.id}: ${fault}`);
    }
  };
  await Promise.all(Array.from({ length: READERS }, reader));
  return broken;
}

/** A text as it was sent, but for the secrets that are covered in it. */
function isShownOf(sent: string | null, shown: unknown, hasSecrets: boolean): boolean {
  if (!hasSecrets || sent === null) return shown === sent;
  return typeof shown === 'string' && coversOnly(shown, sent);
}

/** Opens one record in the workbench and waits for its code to be painted. */
async function open(page: Page, id: string): Promise<void> {
  await page.goto(`/queue/${id}`);
  await expect(page.getByText(/Yours for \d/)).toBeVisible();
  await expect(page.getByRole('region', { name: /Suggested change|New code/ })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'This page could not be shown' })).toHaveCount(0);
}

test('all real records come in through the public API and can be read there and in the workbench', async ({
  browser,
}) => {
  test.skip(!hasRealData, `the real records are not at ${realDataPlace}`);
  test.setTimeout(1_800_000);
  const rows = realRows();
  const reader = await apiKey('export', 'real-data-reader');
  const ids = await ingestAll(await apiKey('ingest', 'real-data'), reader, rows);
  expect(ids.size).toBe(rows.length);
  const idOf = (row: ContractRow) => ids.get(row.id) ?? '';

  // Every record comes back character by character.
  const changed = await each(rows, async (row) => {
    const { status, body } = await api(reader, 'GET', `/api/v1/interactions/${idOf(row)}`);
    if (status !== 200) return `HTTP ${status}`;
    const hasSecrets = (body.secrets as unknown[]).length > 0;
    const fields = (['prompt', 'before', 'completion'] as const).filter(
      (field) => !isShownOf(row[field], body[field], hasSecrets),
    );
    return fields.length === 0 ? null : `${fields} came back changed`;
  });
  expect(changed).toEqual([]);

  const page = await signedIn(browser, 'reviewer', 'Reader');
  const broken: string[] = [];
  page.on('pageerror', (error) => broken.push(error.message));
  page.on('dialog', (dialog) => broken.push(`a dialog opened: ${dialog.message()}`));

  // The pages, as the server writes them: there, whole, and with the record's own name on it.
  const pages = rows.filter((_, at) => at % PAGE_OF === SEED % PAGE_OF);
  console.log(`${pages.length} pages of ${rows.length} are read (STOPGAP_SEED=${SEED}).`);
  const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  const unreadable = await each(pages, async (row) => {
    const response = await fetch(`${stack().web}/queue/${idOf(row)}`, { headers: { cookie } });
    const html = await response.text();
    const isWhole = response.status === 200 && html.includes('</html>') && html.includes(idOf(row));
    return isWhole ? null : `HTTP ${response.status}`;
  });
  expect(unreadable).toEqual([]);

  // The nastiest of each kind in a real browser, in the workbench itself.
  for (const [kind, has] of Object.entries(HOSTILE)) {
    const chosen = rows.filter(has).slice(0, PER_KIND);
    expect(chosen.length, `records with ${kind}`).toBeGreaterThan(0);
    for (const row of chosen) await open(page, idOf(row));
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
