import { expect, type Page } from '@playwright/test';
import { api, apiKey, press, signedIn, test } from './fixtures.ts';

// A conversion is taken with Enter and dropped with Escape: keys of the text, never of the page.

const TENANT = 'input-method';
const WORD = 'かくにん';

/**
 * Writes a word as an input method does, and ends it with a key. Chromium and Firefox say so by `isComposing`; Safari
 * ends the composition first and gives the key the code 229.
 */
async function compose(page: Page, key: 'Enter' | 'Escape', { safari = false, ctrlKey = false } = {}) {
  const cdp = await page.context().newCDPSession(page);
  const composition = { text: WORD, selectionStart: WORD.length, selectionEnd: WORD.length };
  const end = () => cdp.send('Input.insertText', { text: WORD });
  await cdp.send('Input.imeSetComposition', composition);
  if (safari) await end();
  await page.evaluate(
    (init) =>
      document.activeElement?.dispatchEvent(
        new KeyboardEvent('keydown', { ...init, keyCode: 229, bubbles: true, cancelable: true }),
      ),
    { key, code: key, isComposing: !safari, ctrlKey },
  );
  // Said before the composition ends, since that gives the field its focus back.
  const focused = await page.evaluate(() => document.activeElement?.tagName ?? '');
  if (!safari) await end();
  await cdp.detach();
  expect(focused).toMatch(/^(INPUT|TEXTAREA)$/);
}

test('a key of an input method decides, sends and closes nothing', async ({ browser }) => {
  const lead = await signedIn(browser, 'lead', 'Writes by conversion');
  const ingest = await apiKey('ingest', TENANT);
  const { body } = await api(ingest, 'POST', '/api/v1/interactions', {
    id: `${TENANT}/1`,
    occurredAt: '2026-11-22T14:05:00Z',
    model: { name: 'codex-sim', version: '2026.9' },
    surface: 'inline',
    language: 'python',
    actor: { id: 'u-1', tenant: TENANT },
    prompt: 'finish this function',
    before: null,
    completion: 'digest = hashlib.md5(word).hexdigest()\n',
    findings: [{ detector: TENANT, category: 'insecure_code', severity: 'low', cwe: null }],
  });
  expect(body).toMatchObject({ created: 1 });

  await test.step('the filters of the queue', async () => {
    await lead.goto('/queue');
    const search = lead.getByRole('textbox', { name: 'Search what waits' });
    for (const safari of [false, true]) {
      await search.click();
      await compose(lead, 'Enter', { safari });
      expect(new URL(lead.url()).search).toBe('');
      await search.fill('');
    }
    await search.fill(TENANT);
    await search.press('Enter');
    await lead.waitForURL(/q=/);
  });

  await test.step('the note beside a verdict', async () => {
    await press(lead, 'r');
    await lead.waitForURL(/\/queue\/[\w-]+/);
    await expect(lead.getByRole('button', { name: 'Benign' })).toHaveAttribute('aria-disabled', 'false');
    const note = lead.getByRole('textbox', { name: /^Note/ });
    for (const key of ['Enter', 'Escape'] as const) {
      for (const safari of [false, true]) {
        await press(lead, 'n');
        await expect(note).toBeFocused();
        await note.fill('');
        await compose(lead, key, { safari });
        // Outside of the note these are verdicts.
        await lead.keyboard.type('bu');
        await expect(note).toHaveValue(`${WORD}bu`);
        await note.press('Escape');
      }
    }
    await expect(lead.getByRole('button', { name: 'Benign' })).toHaveAttribute('aria-pressed', 'false');
  });

  await test.step('what lies over the page', async () => {
    await lead.keyboard.press('Control+k');
    const search = lead.getByRole('dialog').getByRole('textbox');
    await expect(search).toBeFocused();
    const before = lead.url();
    for (const safari of [false, true]) {
      for (const key of ['Escape', 'Enter'] as const) {
        await search.fill('');
        await compose(lead, key, { safari });
        await expect(search).toBeVisible();
      }
    }
    expect(lead.url()).toBe(before);
  });
});
