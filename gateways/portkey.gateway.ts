import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestModel } from '#sdk/testing/model';
import { type Portkey, startPortkey } from '#sidecar/testing/portkey';
import { type TestSidecar, testSidecar } from '#sidecar/testing/sidecar';
import { askGateway } from './ask.ts';
import { CASES, rules } from './cases.ts';
import { Gate } from './gate.ts';

// The real gateway, as its package ships it, asked as docs/serving/portkey.md says.

describe('Portkey', () => {
  let model: TestModel;
  let desk: TestSidecar;
  let gate: Gate;
  let portkey: Portkey;
  let url: string;
  let headers: Record<string, string>;
  beforeAll(async () => {
    [model, desk, portkey] = await Promise.all([
      new TestModel().listen(),
      testSidecar(rules()),
      startPortkey(),
    ]);
    gate = await new Gate(desk.url).listen();
    url = portkey.url.replace(/\/v1$/, '');
    const guardrail = {
      'default.webhook': { webhookURL: `${gate.url}/portkey`, timeout: 5_000, failOnError: true },
      deny: true,
    };
    headers = {
      authorization: 'Bearer unused',
      'x-portkey-config': JSON.stringify({
        provider: 'openai',
        custom_host: `${model.url}/v1`,
        input_guardrails: [guardrail],
        output_guardrails: [guardrail],
      }),
    };
  });
  afterAll(async () => {
    await portkey?.close();
    await gate?.close();
    await desk?.close();
    await model?.close();
  });

  for (const each of CASES) {
    test(`whole: ${each.name} ${each.outcome}`, async () => {
      const got = await askGateway(model, url, headers, each, false);
      expect(got.kind).toBe(each.outcome);
      if (each.never) expect(got.text).not.toContain(each.never);
    });
  }

  for (const each of CASES) {
    const isPrompt = each.prompt !== undefined || each.toolResult !== undefined || each.model !== undefined;
    // It calls the hook of a streamed answer without the text; the sidecar counts those calls.
    const wanted = isPrompt ? each.outcome : 'passes';
    test(`streamed: ${each.name} ${wanted}${wanted === each.outcome ? '' : ', counted as unseen'}`, async () => {
      const got = await askGateway(model, url, headers, each, true);
      expect(got.kind).toBe(wanted);
    });
  }

  test('slow: the verdict is the same', async () => {
    gate.delayMs = 1_000;
    for (const each of CASES.slice(0, 4)) {
      const got = await askGateway(model, url, headers, each, false);
      expect(got.kind, each.name).toBe(each.outcome);
    }
    gate.delayMs = 0;
  });

  test('down: everything is refused, with failOnError', async () => {
    gate.isDown = true;
    expect((await askGateway(model, url, headers, CASES[0] as never, false)).kind).toBe('blocked');
    gate.isDown = false;
    expect((await askGateway(model, url, headers, CASES[0] as never, false)).kind).toBe('passes');
  });
});
