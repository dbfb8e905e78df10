import { z } from 'zod';

/**
 * The parts of SARIF 2.1.0 that we read (docs.oasis-open.org/sarif/sarif/v2.1.0). Fields we do not know are dropped
 * unread, and a part of the wrong type counts as absent, so that one odd property never costs a whole report.
 */
const lenient = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const text = lenient(z.string());
const whole = lenient(z.number().int());
const strings = lenient(z.array(z.string().catch('')));

const properties = lenient(
  z.object({
    tags: strings,
    'security-severity': lenient(z.union([z.string(), z.number()])),
    cwe: lenient(z.union([z.string(), z.array(z.string().catch(''))])),
    interactionId: text,
  }),
);
const message = lenient(z.object({ text, markdown: text, id: text, arguments: strings }));
const reference = lenient(
  z.object({
    id: text,
    index: whole,
    toolComponent: lenient(z.object({ index: whole, name: text })),
  }),
);
const references = lenient(z.array(reference));

const ruleSchema = z.object({
  id: text,
  name: text,
  shortDescription: message,
  fullDescription: message,
  messageStrings: lenient(z.record(z.string(), message)),
  defaultConfiguration: lenient(z.object({ level: text })),
  relationships: lenient(z.array(lenient(z.object({ target: reference })))),
  properties,
});
export type SarifRule = z.infer<typeof ruleSchema>;

const component = lenient(z.object({ name: text, rules: lenient(z.array(lenient(ruleSchema))) }));
const content = lenient(z.object({ text }));
const location = lenient(z.object({ uri: text, index: whole }));
const region = lenient(
  z.object({
    charOffset: whole,
    charLength: whole,
    startLine: whole,
    startColumn: whole,
    endLine: whole,
    endColumn: whole,
    snippet: content,
    sourceLanguage: text,
  }),
);

const resultSchema = z.object({
  ruleId: text,
  ruleIndex: whole,
  rule: reference,
  kind: text,
  level: text,
  message,
  locations: lenient(
    z.array(
      lenient(
        z.object({
          physicalLocation: lenient(z.object({ artifactLocation: location, region, contextRegion: region })),
        }),
      ),
    ),
  ),
  suppressions: lenient(z.array(lenient(z.object({ kind: text, status: text })))),
  taxa: references,
  properties,
});
export type SarifResult = z.infer<typeof resultSchema>;

const runSchema = z.object({
  tool: lenient(z.object({ driver: component, extensions: lenient(z.array(component)) })),
  artifacts: lenient(z.array(lenient(z.object({ location, contents: content, sourceLanguage: text })))),
  columnKind: text,
  defaultSourceLanguage: text,
  invocations: lenient(z.array(lenient(z.object({ endTimeUtc: text, startTimeUtc: text })))),
  properties,
  results: z.array(resultSchema.nullable().catch(null)).nullish(),
});
export type SarifRun = z.infer<typeof runSchema>;

export const sarifLogSchema = z.object({
  version: z.literal('2.1.0', 'must be "2.1.0": other versions of SARIF are not read'),
  runs: z.array(runSchema).min(1, 'must have at least one run'),
});
