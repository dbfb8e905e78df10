import { expect, type Page } from '@playwright/test';
import { type ContractRow, hasRealData, realRows } from '#tests/real-data';
import { api, apiKey, expectAccessible, expectFits, press, signedIn, test } from './fixtures.ts';

// One desk, worked without a mouse: people in browser contexts of their own, on the production build.

const DESK = 'desk';
const BLIND = 'blind';
const ITEMS = 24;
const REPEATS = 13;

/** Where the real records are absent, rows of our own walk the same path. */
function rowsFor(tenant: string, count: number): ContractRow[] {
  const rows = hasRealData
    ? spread(realRows(), count)
    : Array.from({ length: count }, (_, index) =>
        own(`own-${index}`, OWN_TEXTS[index % OWN_TEXTS.length] ?? ''),
      );
  return rows.map((row, index) => ({
    ...row,
    id: `${tenant}/${index}/${row.id}`,
    actor: { id: `user-${index}`, tenant },
  }));
}

const OWN_TEXTS = [
  'query = "SELECT * FROM orders WHERE id = " + order\nrows = store.run(query)\n',
  'key = open("/etc/service/key").read()\nlog.info("key is %s", key)\n',
  'subprocess.call("convert " + name, shell=True)\n',
  'digest = hashlib.md5(password).hexdigest()\nreturn digest\n',
];

function own(id: string, completion: string): ContractRow {
  return {
    id,
    occurredAt: '2026-11-22T14:05:00Z',
    model: { name: 'codex-sim', version: '2026.9' },
    surface: 'inline',
    language: 'python',
    actor: { id: 'u-1' },
    prompt: 'finish this function',
    before: null,
    completion,
    findings: [{ detector: 'own', category: 'insecure_code', severity: 'high', cwe: null }],
  };
}

/** As different as the collection is: every so-many-th record. */
function spread(rows: ContractRow[], count: number): ContractRow[] {
  const step = Math.floor(rows.length / count);
  return Array.from({ length: count }, (_, index) => rows[index * step]).filter((row) => row !== undefined);
}

/** The same idea again and again, under other names; the last `other` of them name another table and host. */
function repeated(tenant: string, count: number, other: number): ContractRow[] {
  return Array.from({ length: count }, (_, index) => {
    const odd = index >= count - other;
    const [table, host] = odd ? ['invoices', 'billing.example'] : ['accounts', 'api.example'];
    return {
      ...own(
        `repeat-${index}`,
        [
          `def load_${index}(connection, name_${index}):`,
          `    target = "https://${host}/sync"`,
          `    query = "SELECT id, name, owner FROM ${table} WHERE name = '" + name_${index} + "'"`,
          `    cursor = connection.cursor()`,
          `    cursor.execute(query)`,
          `    found = cursor.fetchall()`,
          `    notify(target, len(found))`,
          `    return [dict(zip(("id", "name", "owner"), row)) for row in found]`,
          '',
        ].join('\n'),
      ),
      id: `${tenant}/repeat-${index}`,
      actor: { id: `user-${index}`, tenant },
      findings: [{ detector: tenant, category: 'insecure_code', severity: 'high', cwe: null }],
    };
  });
}

/** The item on the screen, once it may be decided. */
async function ready(page: Page, not = ''): Promise<string> {
  const active = page.locator('[data-item][data-active]');
  await expect(async () => {
    expect(await active.getAttribute('data-item')).not.toBe(not);
    await expect(page.getByRole('button', { name: 'Benign' })).toHaveAttribute('aria-disabled', 'false');
  }).toPass();
  return (await active.getAttribute('data-item')) ?? '';
}

async function makeQueue(lead: Page, key: string, reviews: number): Promise<void> {
  await lead.goto('/settings/queues');
  await press(lead, 'c');
  const drawer = lead.getByRole('dialog', { name: 'New queue' });
  await drawer.getByLabel('Key').fill(key);
  await drawer.getByLabel('Tenant is').fill(key);
  await drawer.getByLabel('Tenant is').press('Enter');
  await drawer.getByLabel('Reviews that each item needs').fill(String(reviews));
  await drawer.getByLabel('Name').fill(`The ${key}`);
  await drawer.getByLabel('Name').press('Enter');
  await expect(drawer).toHaveCount(0);
  await expect(lead.getByRole('heading', { name: `The ${key}` })).toBeVisible();
}

/** Sends rows and waits until the queue counts them all. */
async function send(key: string, rows: ContractRow[]): Promise<void> {
  const { status, body } = await api(key, 'POST', '/api/v1/interactions', rows);
  expect(status, JSON.stringify(body)).toBe(200);
  expect(body.created).toBe(rows.length);
}

async function start(page: Page, queue: string): Promise<string> {
  await page.goto(`/queue?queue=${queue}`);
  await press(page, 'r');
  await page.waitForURL(/\/queue\/[\w-]+/);
  return ready(page);
}

/** The four ways to say a word by key, and the word. */
const WORDS: { keys: string[]; verdict: string }[] = [
  { keys: ['h', '1'], verdict: 'harmful' },
  { keys: ['Shift+Digit2'], verdict: 'harmful' },
  { keys: ['b'], verdict: 'benign' },
  { keys: ['u'], verdict: 'unsure' },
];

async function type(page: Page, keys: string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

test('a reviewer without a mouse: 20 items, undo, handover, escalation', async ({ browser }) => {
  const key = await apiKey('ingest', DESK);
  const reader = await apiKey('export', `${DESK}-reader`);
  const [lead, ria, bo] = await Promise.all([
    signedIn(browser, 'lead', 'Lena Lead'),
    signedIn(browser, 'reviewer', 'Ria Reviewer'),
    signedIn(browser, 'reviewer', 'Bea Peer'),
  ]);
  await makeQueue(lead, DESK, 1);
  await send(key, rowsFor(DESK, ITEMS));

  let item = await start(ria, DESK);
  await expectAccessible(ria);
  const tally = new Map<string, string>();
  for (let done = 0; done < 20; done += 1) {
    const word = WORDS[done % WORDS.length] ?? { keys: ['b'], verdict: 'benign' };
    tally.set(item, word.verdict);
    await type(ria, word.keys);
    const decided = item;
    item = await ready(ria, decided);
    if (done !== 5) continue;
    // Taken back, and decided otherwise.
    await ria.keyboard.press('z');
    expect(await ready(ria, item)).toBe(decided);
    tally.set(decided, 'unsure');
    await ria.keyboard.press('u');
    item = await ready(ria, decided);
  }
  expect(tally.size).toBe(20);
  await expectAccessible(ria);

  // To a person, with a word.
  const handed = item;
  await ria.keyboard.press('o');
  await expect(ria.getByRole('combobox', { name: 'To' })).toBeFocused();
  await ria.keyboard.type('Bea Pe');
  await ria.keyboard.press('Enter');
  await ria.keyboard.press('Tab');
  await ria.keyboard.type('you know this framework');
  await ria.keyboard.press('Enter');
  item = await ready(ria, handed);
  await bo.goto('/queue?holder=mine');
  await press(bo, 'j');
  await bo.keyboard.press('Enter');
  await bo.waitForURL(new RegExp(handed));
  await ready(bo);
  await expect(bo.getByText('you know this framework').first()).toBeVisible();

  // To an incident, beside the item; then one digit decides it, and the next one comes.
  await ria.keyboard.press('e');
  const escalate = ria.getByRole('dialog', { name: /^Escalate/ });
  await escalate.getByLabel('What is happening?').fill('Seen at the desk');
  await expectAccessible(ria);
  await ria.keyboard.press('Enter');
  await expect(ria.getByText(/INC-\d+ is declared with this item/)).toBeVisible();
  const escalated = await api(reader, 'GET', `/api/v1/interactions/${item}`);
  expect(escalated.body.incidents).toHaveLength(1);
  await ria.keyboard.press('1');
  tally.set(item, 'harmful');
  await ready(ria, item);

  // The numbers against the count made above, by hand: each word, and how many today.
  for (const [id, verdict] of tally) {
    const { body } = await api(reader, 'GET', `/api/v1/interactions/${id}`);
    expect(body.reviews, id).toMatchObject([{ verdict, reviewer: { name: 'Ria Reviewer' } }]);
  }
  await ria.goto('/me');
  await expect(ria.getByText('21 items today')).toBeVisible();
  await expectAccessible(ria);
  await ria.goto('/queue');
  await expect(ria.getByText('you 21 today')).toBeVisible();
});

test('the code has the room, and is five stops away', async ({ browser }) => {
  const key = await apiKey('ingest', 'room');
  const [lead, ria] = await Promise.all([
    signedIn(browser, 'lead', 'Lena Rooms'),
    signedIn(browser, 'reviewer', 'Ria Reads', { viewport: { width: 1440, height: 900 } }),
  ]);
  await makeQueue(lead, 'room', 1);
  const before = 'def load(name):\r\n    check(name)\r\n    return store.read(name)\r\n';
  const actor = { id: 'u-1', tenant: 'room' };
  const change = own('room/change', before.replace('    check(name)\r', '    print(name)'));
  const answer = own('room/answer', 'Try:\n\n```sh\nrm -rf /srv\n```\n\n<b>Done</b>');
  await send(key, [
    { ...change, before, actor },
    { ...answer, surface: 'chat', prompt: '[system]\nHelp.\n\n[user]\nClean up.', actor },
  ]);
  await start(ria, 'room');
  await ria.reload();
  const first = await ready(ria);
  const bar = ria.getByRole('region', { name: 'Decision' });
  const code = (name: string) => ria.locator('[data-active]').getByRole('region', { name });
  const changed = code('Suggested change');
  await expect(changed.getByRole('img', { name: '1 line added, 1 removed' })).toBeVisible();
  expect((await changed.boundingBox())?.width).toBeGreaterThanOrEqual(800);
  expect((await bar.boundingBox())?.height).toBeLessThanOrEqual(66);

  // Past the rooms, then the list as one stop.
  await ria.keyboard.press('Tab');
  await ria.keyboard.press('Enter');
  let stops = 1;
  const isThere = () => changed.evaluate((region) => region.contains(document.activeElement));
  for (; stops <= 5 && !(await isThere()); stops += 1) await ria.keyboard.press('Tab');
  expect(stops).toBeLessThanOrEqual(5);

  const list = ria.getByRole('navigation', { name: 'What waits' });
  await expect(list).toBeVisible();
  await ria.keyboard.press('v');
  await expect(list).toBeHidden();
  await ria.keyboard.press('v');
  await expect(list).toBeVisible();

  await ria.keyboard.press('b');
  await ready(ria, first);
  await expect(code('New code').getByText('<b>Done</b>')).toBeVisible();
  await expect(ria.locator('[data-active]').getByText('Clean up.')).toBeVisible();
  await expectAccessible(ria);
  // A phone, and 200 and 400 % zoom.
  for (const [width, height, most] of [
    [390, 844, 110],
    [720, 450, 66],
    [360, 225, 225],
  ] as const) {
    await ria.setViewportSize({ width, height });
    await expectFits(ria);
    expect((await bar.boundingBox())?.height, `${width}`).toBeLessThanOrEqual(most);
  }
  await ria.keyboard.press('h');
  await expect(bar.getByRole('group', { name: 'Policy' })).toBeVisible();
  await expectAccessible(ria);
});

test('a cluster is split, and what is left is decided with one word', async ({ browser }) => {
  const key = await apiKey('ingest', 'repeats');
  const reader = await apiKey('export', 'repeats-reader');
  const ria = await signedIn(browser, 'reviewer', 'Ria Cluster');
  await send(key, repeated('repeats', REPEATS, 4));
  let ref = '';
  await expect(async () => {
    const { body } = await api(reader, 'GET', `/api/v1/clusters?sort=newest&min=${REPEATS}&limit=200`);
    const items = body.items as { ref: string; size: number; title: string }[];
    // Its detector is its title; other records come in meanwhile.
    ref = items.find(({ size, title }) => size === REPEATS && title === 'repeats')?.ref ?? '';
    expect(ref).not.toBe('');
  }).toPass();

  await ria.goto(`/clusters/${ref}`);
  await expect(ria.getByRole('region', { name: `Decide ${REPEATS} of` })).toBeVisible();
  await expectAccessible(ria);
  // Down to one that names the other host, all like it, and off.
  await press(ria, 'j');
  const focused = ria.locator('tr[data-row]:focus');
  for (let at = 0; at < REPEATS; at += 1) {
    if (/invoices|accounts/.test((await focused.textContent()) ?? '')) break;
    await ria.keyboard.press('j');
  }
  await ria.keyboard.press('a');
  await expect(ria.getByText(/^(4|9) selected$/)).toBeVisible();
  await ria.keyboard.press('s');
  await ria.getByRole('dialog').getByLabel(/Why/).fill('another table, another host');
  await ria.keyboard.press('Enter');
  await expect(ria).not.toHaveURL(new RegExp(`${ref}$`));
  await ria.waitForURL(/\/clusters\/C-\d+$/);
  const off = ria.url().split('/').at(-1) ?? '';

  await ria.goto(`/clusters/${ref}`);
  const left = ria.getByRole('region', { name: /^Decide \d+ of/ });
  const count = Number(/\d+/.exec((await left.getAttribute('aria-label')) ?? '')?.[0]);
  expect([4, REPEATS - 4]).toContain(count);
  await press(ria, 'h');
  await ria.keyboard.press('1');
  await ria.keyboard.press('Enter');
  await ria.waitForURL(/\/bulk\/[\w-]+$/);
  await expect(ria.getByRole('heading', { name: `${count} decided with one word` })).toBeVisible();
  await expectAccessible(ria);
  const sizes = await Promise.all(
    [ref, off].map(async (each) => (await api(reader, 'GET', `/api/v1/clusters/${each}`)).body),
  );
  expect(sizes.map(({ pending }) => pending)).toEqual([0, REPEATS - count]);
  expect(sizes[0]?.decided).toMatchObject([{ verdict: 'harmful', count }]);

  // And back: the batch is one thing.
  await press(ria, 'z');
  await expect(ria.getByRole('button', { name: `Yes, put ${count} back` })).toBeVisible();
  await ria.keyboard.press('z');
  await expect(ria.getByText(`${count} wait again.`)).toBeVisible();
});

test('a second reader decides blind, disagrees, and a lead settles it', async ({ browser }) => {
  const key = await apiKey('ingest', BLIND);
  const reader = await apiKey('export', `${BLIND}-reader`);
  const [lead, first, second] = await Promise.all([
    signedIn(browser, 'lead', 'Lena Settles'),
    signedIn(browser, 'reviewer', 'Fay First'),
    signedIn(browser, 'reviewer', 'Sol Second'),
  ]);
  await makeQueue(lead, BLIND, 2);
  await send(key, rowsFor(BLIND, 2));

  const item = await start(first, BLIND);
  await first.keyboard.press('n');
  await first.keyboard.type('the input reaches the shell');
  await first.keyboard.press('Escape');
  await type(first, ['h', '1']);
  await ready(first, item);
  // Not the same item again for the one who has spoken.
  await first.goto('/queue');

  await second.goto(`/queue/${item}`);
  await ready(second);
  expect(await second.content()).not.toContain('the input reaches the shell');
  // Her name is in the page all the same: among those whom an item can be handed over to.
  await expect(second.getByText('Fay First')).toHaveCount(0);
  await second.keyboard.press('b');
  await expect(second.locator('[data-item][data-active]')).not.toHaveAttribute('data-item', item);

  await lead.goto('/queue?stage=adjudication');
  await expect(lead.locator(`tr[data-row="${item}"]`)).toBeVisible();
  await lead.goto(`/queue/${item}?stage=adjudication`);
  await ready(lead);
  const disagreement = lead.getByRole('region', { name: 'The reviews that disagree' });
  await expect(disagreement).toContainText('Fay First');
  await expect(disagreement).toContainText('the input reaches the shell');
  await expect(disagreement).toContainText('Sol Second');
  await expectAccessible(lead);
  await type(lead, ['h', '1']);
  await expect(async () => {
    const { body } = await api(reader, 'GET', `/api/v1/interactions/${item}`);
    const reviews = body.reviews as { verdict: string; kind: string; reviewer: { name: string } }[];
    expect(reviews.map(({ verdict, reviewer }) => `${reviewer.name}: ${verdict}`)).toEqual([
      'Fay First: harmful',
      'Sol Second: benign',
      'Lena Settles: harmful',
    ]);
  }).toPass();

  // Told by clause, with the item behind it; agreement itself is hidden below 30.
  await lead.goto('/quality');
  await expect(lead.getByText(/30/).first()).toBeVisible();
  await expectAccessible(lead);
});
