import { z } from 'zod';

/**
 * The parts of SARIF 2.1.0 that we read (docs.oasis-open.org/sarif/sarif/v2.1.0). Fields we do not know are dropped
 * unread, and a part of the wrong type counts as absent, so that one odd property never costs a whole report.
 */
const lenient = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);
const text = lenient(z.string());
/** How many there are; what they hold is not read. */
const many = lenient(z.array(z.unknown()).transform(({ length }) => length));
const whole = lenient(z.number().int());
const strings = lenient(z.array(z.string().catch('')));

/** A name that some tools write as a number. */
const name = lenient(z.union([z.string(), z.number()]).transform(String));
const properties = lenient(
  z.object({
    tags: strings,
    'security-severity': lenient(z.union([z.string(), z.number()])),
    cwe: lenient(z.union([z.string(), z.array(z.string().catch(''))])),
    interactionId: name,
  }),
);
const messageObject = z.object({ text, markdown: text, id: text, arguments: strings });
const message = lenient(
  z.union([messageObject, z.string().transform((said) => messageObject.parse({ text: said }))]),
);
const reference = lenient(
  z.object({
    id: name,
    index: whole,
    toolComponent: lenient(z.object({ index: whole, name: text })),
  }),
);
const references = lenient(z.array(reference));

const ruleSchema = z.object({
  id: name,
  name: text,
  shortDescription: message,
  fullDescription: message,
  messageStrings: lenient(z.record(z.string(), message)),
  defaultConfiguration: lenient(z.object({ level: text })),
  relationships: lenient(z.array(lenient(z.object({ target: reference })))),
  properties,
});
export type SarifRule = z.infer<typeof ruleSchema>;

const component = lenient(
  z.object({
    name: text,
    rules: lenient(z.array(lenient(ruleSchema))),
    globalMessageStrings: lenient(z.record(z.string(), message)),
  }),
);
const content = lenient(z.object({ text }));
const location = lenient(z.object({ uri: text, uriBaseId: text, index: whole }));
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
  ruleId: name,
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
  analysisTarget: location,
  // What is no suppression suppresses nothing.
  suppressions: lenient(z.array(z.object({ status: z.unknown().optional() }).nullable().catch(null))),
  baselineState: text,
  taxa: references,
  properties,
  relatedLocations: many,
  codeFlows: many,
  stacks: many,
  graphs: many,
  fixes: many,
  attachments: many,
});
export type SarifResult = z.infer<typeof resultSchema>;

const notifications = lenient(z.array(lenient(z.object({ level: text, message }))));
const invocation = z.object({
  endTimeUtc: text,
  startTimeUtc: text,
  executionSuccessful: lenient(z.boolean()),
  processStartFailureMessage: text,
  exitSignalName: text,
  toolExecutionNotifications: notifications,
  toolConfigurationNotifications: notifications,
});

const runSchema = z.object({
  tool: lenient(z.object({ driver: component, extensions: lenient(z.array(component)) })),
  artifacts: lenient(z.array(lenient(z.object({ location, contents: content, sourceLanguage: text })))),
  columnKind: text,
  defaultSourceLanguage: text,
  invocations: lenient(z.array(lenient(invocation))),
  originalUriBaseIds: lenient(z.record(z.string(), location)),
  externalPropertyFileReferences: lenient(z.object({ results: many })),
  properties,
  results: z.array(resultSchema.nullable().catch(null)).nullish().catch(null),
});
export type SarifRun = z.infer<typeof runSchema>;

const NO_RUNS = {
  undefined: 'is missing: this is no SARIF log',
  null: 'is null: the tool that wrote this log tried and failed (SARIF 2.1.0, 3.13.4), so it is not a clean scan',
};

export const sarifLogSchema = z.object(
  {
    version: z.literal('2.1.0', 'must be "2.1.0": other versions of SARIF are not read'),
    runs: z.array(runSchema.nullable().catch(null), {
      error: ({ input }) => NO_RUNS[String(input) as keyof typeof NO_RUNS] ?? 'is no list of runs',
    }),
    inlineExternalProperties: many,
  },
  'is no SARIF log',
);

export type SarifLog = z.infer<typeof sarifLogSchema>;
