import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '#lib/postgres/embedded';
import { FROZEN } from './cases.ts';
import { type ServerProcess, startServer } from './process.ts';

export const MASTER_KEY = 'sk-only-for-tests';

/** The real LiteLLM proxy in front of `model`, with the guardrail settings of docs/serving/litellm.md. */
export async function startLiteLlm(
  program: string,
  { model, sidecar, guardrail = {} }: { model: string; sidecar: string; guardrail?: object },
): Promise<ServerProcess> {
  const dir = await mkdtemp(path.join(tmpdir(), 'stopgap-litellm-'));
  const config = path.join(dir, 'config.yaml');
  const named = (name: string) => ({
    model_name: name,
    litellm_params: { model: `openai/${name}`, api_base: `${model}/v1`, api_key: 'unused' },
  });
  // JSON is YAML.
  await writeFile(
    config,
    JSON.stringify({
      model_list: [named('coder'), named(FROZEN)],
      litellm_settings: { telemetry: false, num_retries: 0 },
      guardrails: [
        {
          guardrail_name: 'stopgap',
          litellm_params: {
            guardrail: 'generic_guardrail_api',
            mode: ['pre_call', 'post_call'],
            default_on: true,
            api_base: sidecar,
            unreachable_fallback: 'fail_closed',
            streaming_sampling_rate: 1,
            streaming_transform_mode: 'incremental_diff',
            streaming_end_of_stream_only: false,
            additional_provider_specific_params: { every_chunk: true, tier: 'free' },
            ...guardrail,
          },
        },
      ],
    }),
  );
  const port = await freePort();
  return startServer({
    program,
    args: ['--config', config, '--host', '127.0.0.1', '--port', String(port)],
    // Its list of prices would come from the network.
    env: { LITELLM_LOCAL_MODEL_COST_MAP: 'True', LITELLM_MASTER_KEY: MASTER_KEY, LITELLM_TELEMETRY: 'False' },
    port,
    health: '/health/liveliness',
    withinMs: 180_000,
  });
}
