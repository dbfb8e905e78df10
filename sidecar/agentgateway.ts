import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { answerTexts } from '#sdk/integrations/answer-texts';
import { requestTexts } from '#sdk/integrations/request-texts';
import { answerJson, readJson } from './answer.ts';
import type { Contract, Desk } from './contract.ts';
import { parsed, refuseJson } from './decide.ts';
import type { Outcome, Phase } from './evaluator.ts';
import { identityFromHeaders } from './identity.ts';

const REFUSED = 403;

const schemas = {
  request: z.object({ body: z.object({ messages: z.array(z.unknown()).max(10_000) }) }),
  response: z.object({ body: z.object({ choices: z.array(z.unknown()).max(1_000) }) }),
};

/** agentgateway's webhook guardrail: `POST /request` and `POST /response` under `path`. */
export function agentgatewayContract(desk: Desk, path: string): Contract {
  const at = path.replace(/\/+$/, '');
  return {
    name: 'agentgateway',
    refuse: refuseJson,
    routes: {
      [`POST ${at}/request`]: (request, response) => answer(desk, 'request', request, response),
      [`POST ${at}/response`]: (request, response) => answer(desk, 'response', request, response),
    },
  };
}

async function answer(
  desk: Desk,
  phase: Phase,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { body } = parsed<{ body: object }>(schemas[phase], await readJson(request));
  const said = phase === 'request' ? requestTexts(body, false) : answerTexts(body);
  const outcome = desk.evaluator.check({ phase, identity: identityFromHeaders(request.headers), ...said });
  desk.note(response, outcome.degraded);
  desk.count({ contract: 'agentgateway', phase, outcome: outcome.kind, unread: outcome.unread });
  if (outcome.kind === 'rewrite') {
    outcome.texts.forEach((text, index) => {
      said.texts[index]?.set(text);
    });
  }
  answerJson(response, 200, { action: actionOf(outcome, body) });
}

/** Which action it is, the gateway tells by the fields that are there: `body` as an object, as a text, or none. */
function actionOf(outcome: Outcome, body: object): object {
  const refs = [...new Set(outcome.decisions.flatMap(({ rules }) => rules.map(({ ref }) => ref)))];
  const reason = refs.length > 0 ? { reason: refs.join(', ') } : {};
  switch (outcome.kind) {
    case 'block':
      return { body: outcome.reason, status_code: REFUSED, ...reason };
    case 'rewrite':
      return { body, ...reason };
    case 'pass':
      return reason;
  }
}
