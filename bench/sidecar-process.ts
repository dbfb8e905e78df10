import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Rule, ruleSchema } from '#sdk/rule';
import { TEST_KEY, TestFeed } from '#sdk/testing/feed';
import { makeSnapshot } from '#sdk/testing/rules';
import { startSidecar } from '#sidecar/server';

// Serves what `bench/sidecar.ts` measures: a sidecar with rules, or with BARE=1 a handler that reads the body and
// answers a fixed decision.

const tell = (message: object) => process.send?.(message);
process.on('disconnect', () => process.exit(0));

if (process.env.BARE === '1') {
  const body = Buffer.from(JSON.stringify({ verdict: 'allow', rules: [], seq: 1 }));
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const server = createServer({ noDelay: true }, (request, response) => {
    request.on('data', () => undefined);
    request.on('end', () => response.writeHead(200, headers).end(body));
  });
  server.listen(0, '127.0.0.1', () => tell({ port: (server.address() as AddressInfo).port }));
} else {
  const feed = await new TestFeed().listen();
  feed.publish(makeSnapshot(1, rules(Number(process.env.RULES))));
  const dir = mkdtempSync(path.join(tmpdir(), 'stopgap-bench-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  process.on('SIGTERM', () => process.exit(0));
  const guard = { feedUrl: feed.url, apiKey: TEST_KEY, instanceId: 'bench', dir };
  const { port } = await startSidecar({ port: 0, host: '127.0.0.1', guard });
  tell({ port });
}

/** Rules as incidents make them: calls with concatenation, literals, and import lists; none hits the texts. */
function rules(count: number): Rule[] {
  return Array.from({ length: count }, (_, index) => {
    const word = `unsafe_call_${index}`;
    const sample = `${word}("x" + y)`;
    const matcher =
      index % 10 === 0
        ? { kind: 'imports', packages: [`evil-package-${index}`] }
        : index % 2 === 0
          ? { kind: 'literal', text: `${word}(` }
          : { kind: 're2', pattern: `${word}\\("[^"]*" \\+` };
    const text = matcher.kind === 'imports' ? `import "evil-package-${index}";\n` : sample;
    return ruleSchema.parse({
      id: randomUUID(),
      ref: `R-${index}`,
      version: 1,
      title: `Rule ${index}`,
      incident: null,
      scope: {},
      target: 'completion',
      matcher,
      action: 'block',
      mode: 'enforce',
      startsAt: null,
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      tests: { mustMatch: [{ text, language: 'javascript' }], mustNotMatch: [] },
    });
  });
}
