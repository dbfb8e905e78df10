import { expect, type Page } from '@playwright/test';
import type { Role } from '#lib/permissions';
import { api, apiKey, expectAccessible, expectFits, press, signedIn, test } from './fixtures.ts';

const SCREENS = [
  { name: 'a desk in the light', options: { viewport: { width: 1440, height: 900 }, colorScheme: 'light' } },
  { name: 'a phone in the dark', options: { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } },
] as const;

const PAGES: Record<string, Role> = {
  '/queue': 'reviewer',
  '/queue/{interaction}': 'reviewer',
  '/queue?stage=adjudication': 'lead',
  '/clusters': 'reviewer',
  '/clusters/{cluster}': 'lead',
  '/clusters/similar/{interaction}': 'reviewer',
  '/bulk?language=python': 'reviewer',
  '/insights': 'lead',
  '/quality': 'lead',
  '/me': 'reviewer',
  '/settings/queues': 'lead',
  '/settings/review': 'lead',
  '/settings/policies': 'lead',
  '/settings/golden': 'lead',
  '/settings/care': 'reviewer',
  '/settings/erasure': 'admin',
  '/investigate': 'auditor',
  '/investigate?q=yaml language:python&by=severity,model': 'commander',
  '/investigate?q=modle:x': 'reviewer',
  '/interactions/{interaction}': 'auditor',
  '/incidents': 'commander',
  '/incidents/new?interactions={interaction}': 'commander',
  '/incidents/{incident}': 'commander',
  '/mitigations': 'commander',
  '/mitigations/new?incident={incident}': 'commander',
  '/mitigations/{rule}': 'auditor',
  '/fleet': 'auditor',
  '/audit': 'auditor',
  '/start': 'admin',
  '/settings/people': 'admin',
  '/settings/keys': 'admin',
  '/settings/account': 'reviewer',
  '/api/docs': 'reviewer',
};

/** One of each thing to look at. */
async function things(): Promise<Record<string, string>> {
  const ingest = await apiKey('ingest', 'pages');
  const respond = await apiKey('respond', 'pages-respond');
  const row = (id: string) => ({
    id,
    occurredAt: '2026-11-22T14:05:00Z',
    model: { name: 'm', version: '1' },
    surface: 'inline',
    language: 'python',
    actor: { id: 'u' },
    prompt: 'Load the settings',
    before: 'import yaml\n\nsettings = yaml.safe_load(text)\n',
    completion: 'import yaml\n\nsettings = yaml.load(text)  # \u202e hidden\n',
    findings: [
      {
        detector: 'rules',
        rule: 'yaml-load',
        category: 'insecure_code',
        severity: 'medium',
        start: 24,
        end: 39,
      },
    ],
  });
  await api(ingest, 'POST', '/api/v1/interactions', [row('page-1'), row('page-2')]);
  const found = await api(respond, 'GET', '/api/v1/interactions?source=pages&limit=1');
  const interaction = (found.body.items as { id: string }[])[0]?.id ?? '';
  const incident = await api(respond, 'POST', '/api/v1/incidents', {
    title: 'Unsafe loading of settings',
    severity: 'sev3',
    interactionIds: [interaction],
  });
  const rule = await api(respond, 'POST', '/api/v1/mitigations', {
    incident: incident.body.ref,
    title: 'Unsafe yaml',
    scope: { languages: ['python'] },
    target: 'completion',
    matcher: { kind: 're2', pattern: 'yaml\\.load\\(' },
    action: 'flag',
    mode: 'shadow',
    expiresInMinutes: 60,
  });
  return {
    interaction,
    incident: String(incident.body.ref),
    rule: String(rule.body.ref),
    cluster: await clusterOf(respond),
  };
}

/** The worker puts near-duplicates together within seconds. */
async function clusterOf(key: string): Promise<string> {
  let ref = '';
  await expect(async () => {
    const { body } = await api(key, 'GET', '/api/v1/clusters?sort=newest&severity=medium&limit=200');
    const items = body.items as { ref: string; title: string }[];
    // Ours by its finding: other records come in meanwhile.
    ref = items.find(({ title }) => title === 'yaml-load')?.ref ?? '';
    expect(ref).toMatch(/^C-\d+$/);
  }).toPass();
  return ref;
}

for (const { name, options } of SCREENS) {
  test(`every page on ${name}: accessible, whole, nothing broken`, async ({ browser }) => {
    const known = await things();
    const people = new Map<Role, Page>();
    const broken: string[] = [];
    for (const [pattern, role] of Object.entries(PAGES)) {
      const page = people.get(role) ?? (await signedIn(browser, role, `A ${role}`, options));
      if (!people.has(role)) page.on('pageerror', (error) => broken.push(`${page.url()}: ${error.message}`));
      people.set(role, page);
      await page.goto(pattern.replace(/\{(\w+)\}/g, (_, thing: string) => known[thing] ?? ''));
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
      // One report for all pages is worth more than the first failure.
      await test.step(pattern, async () => {
        await expectAccessible(page).catch((error: Error) => broken.push(`${pattern}: ${error.message}`));
        await expectFits(page).catch((error: Error) => broken.push(`${pattern}: ${error.message}`));
      });
    }
    expect(broken).toEqual([]);
  });
}

test('the keyboard alone: the sheet of keys, going places, finding by name', async ({ browser }) => {
  const page = await signedIn(browser, 'commander', 'Keys Only');
  await page.goto('/');
  await press(page, '?');
  await expect(page.getByRole('dialog', { name: 'Keys on this page' })).toContainText('Go to Fleet');
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await press(page, 'g');
  await page.keyboard.press('f');
  await expect(page).toHaveURL(/\/fleet/);
  await page.keyboard.press('Control+k');
  await page.getByRole('textbox', { name: 'Go to or do' }).fill('mitig');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/mitigations/);
});
