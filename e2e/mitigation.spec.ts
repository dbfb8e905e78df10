import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, expect, type Page } from '@playwright/test';
import { type ContractRow, hasRealData, realRows } from '#tests/real-data';
import { Wire } from './cut.ts';
import { api, apiKey, expectAccessible, letOut, press, signedIn, test } from './fixtures.ts';
import { Serving } from './serving.ts';
import { stack } from './stack.ts';

// From a cluster of near-duplicates to a rule that is enforced, proven and over, with three processes that serve: one
// takes the rule as the others do, one is killed on the way, and one is cut off.

const TENANT = 'chain';

/** Where the real records are absent, rows of our own walk the same path. */
function rows(): ContractRow[] {
  const found = hasRealData
    ? realRows().filter(({ language, completion }) => language === 'python' && completion)
    : [];
  const own = Array.from({ length: 12 }, (_, index) =>
    ownRow(`own-${index}`, ownText(index), 'insecure_code'),
  );
  return [...found, ...own].map((row, index) => ({
    ...row,
    id: `${TENANT}/${index}/${row.id}`,
    actor: { id: `user-${index}`, tenant: TENANT },
  }));
}

const ownText = (index: number) =>
  [
    `def export_${index}(bucket, rows_${index}):`,
    `    client = connect("https://export.example/v${index}")`,
    `    command = "tar cz " + bucket + " | ship --to " + client.host`,
    '    os.system(command)',
    `    return client.flush(rows_${index})`,
    '',
  ].join('\n');

function ownRow(id: string, completion: string, category: string): ContractRow {
  return {
    id,
    occurredAt: '2026-11-23T01:00:00Z',
    model: { name: 'codex-sim', version: '2026.9' },
    surface: 'inline',
    language: 'python',
    actor: { id: 'u-1' },
    prompt: 'finish this function',
    before: null,
    completion,
    findings: [{ detector: 'own', category, severity: 'critical', cwe: 'CWE-78' }],
  };
}

/** Harmless answers at a small random rate: what false positives are a share of. */
function controlRows(count: number): unknown[] {
  return Array.from({ length: count }, (_, index) => {
    const { findings: __, ...row } = ownRow(
      `${TENANT}/control/${index}`,
      `def total_${index}(items):\n    """Adds them up."""\n    return sum(item.price for item in items) + ${index}\n`,
      'other',
    );
    return { ...row, control: true };
  });
}

type ClusterRow = { ref: string; size: number };

async function servingOf(name: string, feed: string, key: string): Promise<Serving> {
  const dir = await mkdtemp(path.join(tmpdir(), `stopgap-${name}-`));
  const serving = new Serving({ feed, key, instanceId: name, dir });
  await serving.ready;
  return serving;
}

async function commanders(browser: Browser): Promise<[Page, Page]> {
  return Promise.all([
    signedIn(browser, 'commander', 'Cleo Commands'),
    signedIn(browser, 'commander', 'Otto Other'),
  ]);
}

test('cluster, draft, back-test, approval, canary, enforced, proof and expiry; one killed, one cut off', async ({
  browser,
}) => {
  const ingest = await apiKey('ingest', TENANT);
  const reader = await apiKey('export', `${TENANT}-reader`);
  const respond = await apiKey('respond', `${TENANT}-respond`);
  const feedKey = await apiKey('feed', `${TENANT}-feed`);
  const wire = new Wire(Number(new URL(stack().feed).port));

  // 1. Three that serve, the third over a wire that can be cut.
  const names = ['chain-a', 'chain-b', 'chain-c'] as const;
  const [steady, doomed, distant] = await Promise.all([
    servingOf(names[0], stack().feed, feedKey),
    servingOf(names[1], stack().feed, feedKey),
    servingOf(names[2], await wire.listen(), feedKey),
  ]);

  // 2. The real records come in; the analysis finds what repeats among them.
  const all = rows();
  for (let at = 0; at < all.length; at += 500) {
    const sent = await api(ingest, 'POST', '/api/v1/interactions', all.slice(at, at + 500));
    expect(sent.status, JSON.stringify(sent.body)).toBe(200);
  }
  await api(ingest, 'POST', '/api/v1/interactions', controlRows(200));
  let found: ClusterRow[] = [];
  await expect(async () => {
    const before = JSON.stringify(found);
    const { body } = await api(reader, 'GET', '/api/v1/clusters?sort=size&limit=50');
    found = body.items as ClusterRow[];
    // The analysis is through when two looks see the same.
    expect(found.length).toBeGreaterThan(0);
    expect(JSON.stringify(found)).toBe(before);
  }).toPass({ intervals: [2_000] });
  const cluster = found.find(({ size }) => size >= 10);
  const ref = cluster?.ref ?? '';
  expect(ref, `no cluster of ten among ${found.length}`).not.toBe('');
  const { body: detail } = await api(reader, 'GET', `/api/v1/clusters/${ref}`);
  const shown = detail.representative as Record<string, string>;
  const request = {
    id: 'same-for-all',
    model: shown.modelName,
    version: shown.modelVersion,
    tenant: TENANT,
    language: shown.language,
    surface: shown.surface,
    prompt: shown.prompt,
    completion: shown.completion,
  };
  for (const each of [steady, doomed, distant]) {
    expect((await each.decide(request)).decision.verdict).toBe('allow');
  }

  // The canary is fitted to those that serve when the rule is written: processes of other tests that have ended
  // would still count for some seconds.
  await expect(async () => {
    const { body } = await api(respond, 'GET', '/api/v1/fleet');
    const there = (body.instances as { id: string; state: string }[]).filter(({ state }) => state !== 'gone');
    expect(there.map(({ id }) => id).sort()).toEqual([...names]);
  }).toPass();

  // 3. Draft by one key from the cluster: what the members share is filled in, and says why.
  const [cleo, otto] = await commanders(browser);
  await cleo.goto(`/clusters/${ref}`);
  await press(cleo, 'm');
  await cleo.waitForURL(/\/mitigations\/new/);
  await expect(cleo.getByText(/of \d+ members/).first()).toBeVisible();
  await expectAccessible(cleo);
  await cleo.getByLabel('What is happening?').fill('The same unsafe answer, again and again');
  await cleo.getByLabel('Severity').selectOption('sev1');
  await cleo.getByRole('button', { name: /^Save draft/ }).click();
  await cleo.waitForURL(/\/mitigations\/R-\d+/);
  const rule = /R-\d+/.exec(cleo.url())?.[0] ?? '';

  // 4. Back-test, with the three numbers and their denominators.
  await expect(cleo.getByText('false positives').first()).toBeVisible();
  await expect(cleo.getByText('This version has not been back-tested.')).toHaveCount(0);
  await expectAccessible(cleo);
  const drafted = (await api(respond, 'GET', `/api/v1/mitigations/${rule}`)).body;
  const incident = (drafted.incident as { ref: string }).ref;

  // 5. Somebody else approves; publish starts with the canary.
  await otto.goto(`/mitigations/${rule}`);
  await press(otto, 'a');
  await expect(otto.getByRole('dialog').getByRole('button', { name: /^Approve version/ })).toBeFocused();
  await otto.keyboard.press('Enter');
  await expect(otto.getByRole('button', { name: /^Publish/ })).toBeEnabled();
  await press(otto, 'p');
  const dialog = otto.getByRole('dialog');
  await dialog.getByRole('button', { name: /^Publish/ }).click();
  await expect(dialog).toHaveCount(0);
  const verdicts = async () =>
    Promise.all([steady, doomed, distant].map(async (each) => (await each.decide(request)).decision.verdict));
  await expect.poll(verdicts).toContain('block');
  // The canary holds some, and never all.
  expect((await verdicts()).filter((verdict) => verdict === 'block').length).toBeLessThan(3);
  await expect(otto.getByText(/canary/i).first()).toBeVisible();
  await expectAccessible(otto);

  // 6. One is killed and one is cut off while the rule is on its way.
  process.kill(doomed.pid ?? 0, 'SIGKILL');
  wire.cut();
  const advanced = await api(respond, 'POST', `/api/v1/mitigations/${rule}/advance`, {
    to: 'full',
    reason: 'one instance died and one is cut off; the third must hold',
  });
  expect(advanced, JSON.stringify(advanced.body)).toMatchObject({ status: 200 });
  await steady.until('block', request);
  // Nobody claims more than is known: the two that are silent are named.
  await expect(async () => {
    const { body } = await api(respond, 'GET', '/api/v1/fleet');
    const states = (body.instances as { id: string; state: string }[]).map(({ id, state }) => [id, state]);
    expect(Object.fromEntries(states)).toMatchObject({
      [names[0]]: 'active',
      [names[1]]: 'gone',
      [names[2]]: 'gone',
    });
  }).toPass();

  // 7. The wire is mended: the third takes the newest without having been told.
  wire.mend();
  await distant.until('block', request, 60_000);
  await otto.goto(`/incidents/${incident}`);
  // The one that was killed may be cut off, for all that anybody knows: it stays counted until somebody retires it.
  await expect(otto.getByText(/enforced on 2 of \d+, \d+ silent/i).first()).toBeVisible();

  // 8. Proof: both took every step, the rule has hit, and the history of the incident says so.
  const { body: instance } = await api(reader, 'GET', `/api/v1/fleet/${names[2]}`);
  const [newest] = instance.adoptions as Record<string, unknown>[];
  expect(newest).toMatchObject({
    activeAt: expect.any(String),
    verifiedAt: expect.any(String),
    failedAt: null,
  });
  await expect(async () => {
    const { body } = await api(respond, 'GET', `/api/v1/mitigations/${rule}`);
    expect(Number(body.enforced)).toBeGreaterThan(0);
  }).toPass();
  const { body: events } = await api(reader, 'GET', '/api/v1/events?after=0&limit=1000');
  const told = JSON.stringify(events);
  for (const action of ['mitigation.publish', 'mitigation.advance', 'evidenceSha256'])
    expect(told).toContain(action);
  // The proof is of the ruleset that brought it everywhere, not of the one that began its canary.
  expect((await api(respond, 'GET', `/api/v1/mitigations/${rule}`)).body.stageSeq).toBe(advanced.body.seq);
  await otto.goto('/fleet');
  await expect(otto.getByText(/2 of \d active on ruleset/)).toBeVisible();
  for (let look = 0; look < 2; look++) await otto.waitForResponse((answer) => answer.url().includes('_rsc='));
  await expect(otto.getByRole('searchbox')).toHaveCount(1);

  // 9. The end, cut off from everything: the clock is the instance's own.
  const brief = await api(respond, 'POST', '/api/v1/mitigations', {
    incident,
    title: 'For a minute',
    target: 'completion',
    matcher: { kind: 'literal', text: 'ends_by_itself_marker(' },
    action: 'block',
    mode: 'enforce',
    plan: { canarySeconds: 0 },
    expiresInMinutes: 1,
    tests: { mustMatch: [{ text: 'ends_by_itself_marker(1)' }], mustNotMatch: [] },
  });
  expect(brief, JSON.stringify(brief.body)).toMatchObject({ status: 201 });
  // A key that names no holder wrote it, so two people stand for it: one approves, the other publishes.
  await letOut(cleo, otto, String(brief.body.ref));
  const marked = { ...request, completion: 'ends_by_itself_marker(1)' };
  await distant.until('block', marked);
  wire.cut();
  await distant.until('allow', marked);
  expect((await distant.decide(request)).decision.verdict).toBe('block');
  await wire.close();
  await Promise.all([steady.stop(), distant.stop()]);
});
