import type { Finding } from '#lib/findings/schema';
import { fields, list, parsedJson } from './chat.ts';
import { type ReadText, readAnswer, readPrompt } from './conversation.ts';
import type { Exchange } from './exchange-row.ts';
import { providerVerdicts } from './provider-verdicts.ts';

type Json = Record<string, unknown>;

/** What the bodies of a request and its answer say by themselves. */
type Bodies = {
  request: Json;
  response: Json;
  exchange: {
    asked: ReadText;
    answered: ReadText;
    actors: unknown[];
    isInline: boolean;
    sampling: Exchange['sampling'];
    findings: Finding[];
    beside: Exchange['beside'];
  };
};

/** A request and an answer as they went over the wire, in the shapes of OpenAI, Anthropic, Gemini and Bedrock; a text is itself. */
export function readBodies(sent: unknown, came: unknown): Bodies {
  const [request, response] = [fields(sent), fields(came)];
  const { generationConfig, inferenceConfig, metadata } = request;
  const settings = { ...fields(inferenceConfig), ...fields(generationConfig), ...request };
  const asked = Array.isArray(sent) || typeof sent === 'string' ? sent : talkOf(request);
  return {
    request,
    response,
    exchange: {
      asked: readPrompt(asked, systemOf(request)),
      answered: readAnswer(came),
      // Anthropic's and OpenAI's own fields for the person behind a request.
      actors: [
        request.safety_identifier,
        request.user,
        fields(parsedJson(metadata)).user_id,
        request.user_id,
      ],
      isInline: request.messages === undefined && typeof request.prompt === 'string',
      sampling: {
        temperature: settings.temperature,
        top_p: settings.top_p ?? settings.topP,
        n: settings.n ?? settings.candidateCount,
      },
      findings: providerVerdicts(came),
      beside: [
        ['tool definition', [request.tools ?? request.functions ?? []].flat().length],
        ['suffix', request.suffix ? 1 : 0],
      ],
    },
  };
}

function talkOf({ messages, input, contents, prompt, query, inputText }: Json): unknown {
  const talks = [messages, input, contents, prompt, query, inputText].filter(
    (each) => each !== undefined && each !== null,
  );
  return talks.length > 1 ? talks.flatMap((each) => (Array.isArray(each) ? each : [each])) : (talks[0] ?? '');
}

function systemOf({ system, instructions, systemInstruction, system_instruction: snake }: Json): unknown {
  const all = [system, instructions, systemInstruction, snake].filter(
    (each) => each !== undefined && each !== null,
  );
  return all.length > 1 ? all.flatMap((each) => (list(each).length > 0 ? list(each) : [each])) : all[0];
}
