import { code, type Template } from './template.ts';

/** Harmless JavaScript and TypeScript interactions. */
export const everydayWeb: Template[] = [
  {
    key: 'javascript-everyday-debounce',
    language: 'javascript',
    surface: 'inline',
    path: 'web/debounce.js',
    prompt: 'debounce that can be cancelled',
    before: code`
      export function debounce(run, wait) {
      }
    `,
    completion: code`
      export function debounce(run, wait = {{n}}) {
        let timer;
        const later = (...args) => {
          clearTimeout(timer);
          timer = setTimeout(() => run(...args), wait);
        };
        later.cancel = () => clearTimeout(timer);
        return later;
      }
    `,
  },
  {
    key: 'javascript-everyday-text-content',
    language: 'javascript',
    surface: 'review',
    path: 'web/{{table}}.js',
    prompt: 'Review how names are shown.',
    before: code`
      for (const {{entity}} of {{table}}) {
        list.innerHTML += '<li>' + {{entity}}.{{column}} + '</li>';
      }
    `,
    completion: code`
      for (const {{entity}} of {{table}}) {
        const item = document.createElement('li');
        item.textContent = {{entity}}.{{column}};
        list.append(item);
      }
    `,
  },
  {
    key: 'javascript-everyday-fetch-abort',
    language: 'javascript',
    surface: 'inline',
    path: 'web/{{name}}.js',
    prompt: 'load {{table}}, give up after {{seconds}} seconds',
    before: code`
      export async function load() {
      }
    `,
    completion: code`
      export async function load() {
        const response = await fetch('https://{{host}}/{{table}}?limit={{n}}', {
          signal: AbortSignal.timeout({{seconds}} * 1000),
        });
        if (!response.ok) throw new Error(\`{{table}}: \${response.status}\`);
        return response.json();
      }
    `,
  },
  {
    key: 'javascript-everyday-group-by',
    language: 'javascript',
    surface: 'chat',
    prompt: 'Group an array of {{table}} by {{column}} without a library.',
    completion: code`
      \`Object.groupBy\` does this:

      \`\`\`js
      const groups = Object.groupBy({{table}}, ({{entity}}) => {{entity}}.{{column}} ?? 'none');
      for (const [{{column}}, members] of Object.entries(groups)) {
        console.log({{column}}, members.length);
      }
      \`\`\`

      Use \`Map.groupBy\` when the keys are not text.
    `,
  },
  {
    key: 'javascript-everyday-express-route',
    language: 'javascript',
    surface: 'agent',
    path: 'server/{{table}}.js',
    prompt: 'Add a route that answers one {{entity}} by id.',
    before: code`
      import { Router } from 'express';

      export const router = Router();
    `,
    completion: code`
      import { Router } from 'express';
      import { find{{Entity}} } from './store.js';

      export const router = Router();

      router.get('/{{table}}/:id', async (req, res) => {
        const {{entity}} = await find{{Entity}}(req.params.id, req.account);
        if (!{{entity}}) return res.status(404).json({ error: { code: 'not_found' } });
        res.set('Cache-Control', 'private, max-age={{seconds}}').json({{entity}});
      });
    `,
  },
  {
    key: 'javascript-everyday-json-parse',
    language: 'javascript',
    surface: 'inline',
    path: 'lib/{{name}}/parse.js',
    prompt: 'parse one line, null when it is not JSON',
    before: code`
      export function parseLine(line) {
      }
    `,
    completion: code`
      export function parseLine(line) {
        if (line.length > {{n}} * 1024) return null;
        try {
          const value = JSON.parse(line);
          return typeof value === 'object' ? value : null;
        } catch {
          return null;
        }
      }
    `,
  },
  {
    key: 'typescript-everyday-zod',
    language: 'typescript',
    surface: 'inline',
    path: 'src/{{table}}/schema.ts',
    prompt: 'schema of the form',
    before: code`
      import { z } from 'zod';
    `,
    completion: code`
      import { z } from 'zod';

      export const {{entity}}Schema = z.strictObject({
        {{column}}: z.string().trim().min(1).max({{n}}),
        note: z.string().max(2_000).optional(),
      });

      export type {{Entity}}Input = z.infer<typeof {{entity}}Schema>;
    `,
  },
  {
    key: 'typescript-everyday-exhaustive',
    language: 'typescript',
    surface: 'inline',
    path: 'src/{{table}}/label.ts',
    prompt: 'label for every state, the compiler should complain when one is missing',
    before: code`
      type State = 'draft' | 'open' | 'closed';
    `,
    completion: code`
      type State = 'draft' | 'open' | 'closed';

      const LABELS = {
        draft: 'Draft {{entity}}',
        open: 'Open',
        closed: 'Closed',
      } satisfies Record<State, string>;

      export const label = (state: State): string => LABELS[state];
    `,
  },
  {
    key: 'typescript-everyday-hook',
    language: 'typescript',
    surface: 'chat',
    prompt: 'A React hook that tells whether the page is visible?',
    completion: code`
      Subscribe to the event of the document:

      \`\`\`ts
      import { useSyncExternalStore } from 'react';

      function subscribe(changed: () => void) {
        document.addEventListener('visibilitychange', changed);
        return () => document.removeEventListener('visibilitychange', changed);
      }

      export const usePageVisible = () =>
        useSyncExternalStore(subscribe, () => !document.hidden, () => true);
      \`\`\`

      You could pause the refresh of {{table}} (every {{seconds}} s) with it.
    `,
  },
  {
    key: 'typescript-everyday-safe-redirect',
    language: 'typescript',
    surface: 'agent',
    path: 'src/routes/login.ts',
    prompt: 'Only redirect to pages of our own site after login.',
    before: code`
      const next = String(req.query.next ?? '/');
      res.redirect(next);
    `,
    completion: code`
      const next = new URL(String(req.query.next ?? '/{{table}}'), 'https://{{host}}');
      const own = next.origin === 'https://{{host}}';
      res.redirect(own ? next.pathname + next.search : '/{{table}}');
    `,
  },
  {
    key: 'typescript-everyday-vitest',
    language: 'typescript',
    surface: 'agent',
    path: 'src/{{table}}/total.test.ts',
    prompt: 'Test the total of a {{entity}}.',
    before: code`
      import { expect, test } from 'vitest';
    `,
    completion: code`
      import { expect, test } from 'vitest';
      import { total } from './total.ts';

      test('an empty {{entity}} costs nothing', () => {
        expect(total([])).toBe(0);
      });

      test('quantities count', () => {
        expect(total([{ cents: {{n}}, quantity: 3 }])).toBe(3 * {{n}});
      });
    `,
  },
  {
    key: 'typescript-everyday-map-limit',
    language: 'typescript',
    surface: 'inline',
    path: 'src/{{name}}/parallel.ts',
    prompt: 'run at most a few at a time',
    before: code`
      export async function mapLimit<T, R>(items: T[], limit: number, run: (item: T) => Promise<R>): Promise<R[]> {
        return Promise.all(items.map(run));
      }
    `,
    completion: code`
      export async function mapLimit<T, R>(items: T[], limit: number, run: (item: T) => Promise<R>): Promise<R[]> {
        const results: R[] = new Array(items.length);
        const queue = items.entries();
        const lane = async () => {
          for (const [index, item] of queue) results[index] = await run(item);
        };
        await Promise.all(Array.from({ length: Math.min(limit, {{n}}) }, lane));
        return results;
      }
    `,
  },
];
