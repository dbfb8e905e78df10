// Bodies as other serving layers send them, written by hand from their public contracts.

/**
 * LiteLLM's generic guardrail API: BerriAI/litellm-docs, docs/adding_provider/generic_guardrail_api.md (October 2026),
 * and BerriAI/litellm, types/proxy/guardrails/guardrail_hooks/generic_guardrail_api.py.
 */
export const LITELLM = {
  request: (texts: string[], fields: object = {}) => ({
    texts,
    images: null,
    tools: [{ type: 'code_interpreter' }],
    tool_calls: null,
    structured_messages: [
      { role: 'system', content: 'Never write evil(.' },
      { role: 'user', content: texts.at(-1) },
    ],
    request_data: {
      user_api_key_hash: '88dc28',
      user_api_key_alias: 'ide',
      user_api_key_user_id: 'u-7',
      user_api_key_user_email: 'u7@example.com',
      user_api_key_team_id: 't-1',
      user_api_key_team_alias: 'acme',
      user_api_key_end_user_id: 'end-9',
      user_api_key_org_id: 'o-1',
    },
    request_headers: { 'User-Agent': 'OpenAI/Python 2.17.0', 'X-Request-Id': '[present]' },
    litellm_version: '1.104.0',
    model: 'coder-7',
    input_type: 'request',
    litellm_call_id: 'call-1',
    litellm_trace_id: 'trace-1',
    additional_provider_specific_params: { tier: 'free' },
    ...fields,
  }),
  response: (texts: string[], fields: object = {}) => ({
    texts,
    images: [],
    tool_calls: [],
    request_data: { user_api_key_team_alias: 'acme' },
    litellm_version: '1.104.0',
    model: 'coder-7',
    input_type: 'response',
    litellm_call_id: 'call-1',
    litellm_trace_id: 'trace-1',
    additional_provider_specific_params: {},
    ...fields,
  }),
  /** Before 2026: no `model`, no versions, no headers, no tools. */
  old: (texts: string[], params: object) => ({
    texts,
    request_data: {},
    input_type: 'request',
    litellm_call_id: null,
    additional_provider_specific_params: params,
  }),
};

/** agentgateway's webhook: agentgateway/agentgateway, crates/agentgateway/src/llm/policy/webhook.rs (2026). */
export const AGENTGATEWAY = {
  request: (prompt: string, system = 'You write code.') => ({
    body: {
      messages: [
        { role: 'system', content: system },
        { role: 'user', content: prompt },
      ],
    },
  }),
  response: (answer: string) => ({
    body: { choices: [{ message: { role: 'assistant', content: answer } }] },
  }),
};
