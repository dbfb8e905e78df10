'use client';

import { Checkbox, NumberInput, Stack, TextInput } from '@mantine/core';
import { MakeOnce } from '#components/make-once';
import { SCOPES } from '#lib/permissions';
import { createKeyAction } from './actions.ts';

const SCOPE_HELP: Record<(typeof SCOPES)[number], string> = {
  ingest: 'send interactions in',
  feed: 'follow the rules and report',
  respond: 'incidents and rules',
  export: 'read and export everything',
};

async function make(form: FormData) {
  const days = Number(form.get('expiresInDays'));
  const result = await createKeyAction({
    name: form.get('name'),
    source: form.get('source'),
    scopes: form.getAll('scopes'),
    ...(days > 0 && { expiresInDays: days }),
  });
  return result.ok ? { ok: true as const, data: result.data.key } : result;
}

/** Makes an API key and shows it once. */
export function NewKey() {
  return (
    <MakeOnce
      title="Make a key"
      submitLabel="Make the key"
      make={make}
      made={{
        title: 'Your new key',
        words: 'The key is shown only now; Stopgap keeps its hash.',
        label: 'API key',
      }}
    >
      {(fields) => (
        <>
          <TextInput
            name="name"
            label="Name"
            placeholder="gateway in eu-west"
            required
            error={fields.name}
            data-autofocus
          />
          <TextInput
            name="source"
            label="Source"
            description="Ids of interactions are unique per source"
            placeholder="gateway-eu"
            required
            error={fields.source}
          />
          <Checkbox.Group label="Scopes" error={fields.scopes}>
            <Stack gap={6} mt={4}>
              {SCOPES.map((scope) => (
                <Checkbox key={scope} name="scopes" value={scope} label={`${scope}: ${SCOPE_HELP[scope]}`} />
              ))}
            </Stack>
          </Checkbox.Group>
          <NumberInput
            name="expiresInDays"
            label="Ends after, days"
            description="Empty: it does not end by itself"
            min={1}
            max={3650}
            error={fields.expiresInDays}
          />
        </>
      )}
    </MakeOnce>
  );
}
