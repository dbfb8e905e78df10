import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestModel } from '#sdk/testing/model';
import { type TestSidecar, testSidecar } from '#sidecar/testing/sidecar';
import { askGateway } from './ask.ts';
import { CASES, rules } from './cases.ts';
import { Gate } from './gate.ts';
import { MASTER_KEY, startLiteLlm } from './litellm.ts';
import type { ServerProcess } from './process.ts';

const program = process.env.STOPGAP_LITELLM;
const why = process.env.STOPGAP_LITELLM_MISSING ?? 'run npm run test:gateways';

describe.skipIf(!program)(`LiteLLM${program ? '' : ` (left out: ${why})`}`, () => {
  let model: TestModel;
  let desk: TestSidecar;
  let gate: Gate;
  let proxy: ServerProcess;
  let buffering: ServerProcess;
  beforeAll(async () => {
    [model, desk] = await Promise.all([new TestModel().listen(), testSidecar(rules())]);
    gate = await new Gate(desk.url).listen();
    const start = (guardrail = {}) =>
      startLiteLlm(program ?? '', { model: model.url, sidecar: gate.url, guardrail });
    [proxy, buffering] = await Promise.all([
      start(),
      start({ streaming_transform_mode: undefined, streaming_buffer_until_moderated: true }),
    ]);
  }, 200_000);
  afterAll(async () => {
    await proxy?.close();
    await buffering?.close();
    await gate?.close();
    await desk?.close();
    await model?.close();
  });

  const headers = { authorization: `Bearer ${MASTER_KEY}` };
  for (const stream of [false, true]) {
    for (const each of CASES) {
      // Of a stream that it hands on piece by piece, LiteLLM shows the text and never the tool calls.
      const unseen = stream && each.toolInput !== undefined;
      const outcome = unseen ? 'passes' : each.outcome;
      const note = outcome === each.outcome ? '' : ', unseen: buffer the stream';
      test(`${stream ? 'streamed' : 'whole'}: ${each.name} ${outcome}${note}`, async () => {
        const got = await askGateway(model, proxy.url, headers, each, stream);
        expect(got).toMatchObject({ kind: outcome });
        if (each.never && !unseen) expect(got.text).not.toContain(each.never);
      });
    }
  }

  describe('with streaming_buffer_until_moderated', () => {
    // It rewrites nothing there: docs/serving/litellm.md.
    for (const each of CASES.filter(({ outcome }) => outcome !== 'redacted')) {
      test(`buffered: ${each.name} ${each.outcome}`, async () => {
        const got = await askGateway(model, buffering.url, headers, each, true);
        expect(got).toMatchObject({ kind: each.outcome });
        if (each.never) expect(got.text).not.toContain(each.never);
      });
    }
  });

  test('slow: the answer waits for the sidecar, and the verdict is the same', async () => {
    gate.delayMs = 1_500;
    for (const each of CASES.slice(0, 4)) {
      const got = await askGateway(model, proxy.url, headers, each, false);
      expect(got, each.name).toMatchObject({ kind: each.outcome });
    }
    gate.delayMs = 0;
  });

  test('down: everything is refused, with fail_closed', async () => {
    gate.isDown = true;
    for (const stream of [false, true]) {
      const got = await askGateway(model, proxy.url, headers, CASES[0] as never, stream);
      expect(got.text).toBe('');
      expect(got.status).toBeGreaterThanOrEqual(400);
    }
    gate.isDown = false;
    const back = await askGateway(model, proxy.url, headers, CASES[0] as never, false);
    expect(back.kind).toBe('passes');
  });
});
