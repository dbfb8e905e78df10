'use client';

import { Checkbox, NativeSelect, NumberInput, Stack, TextInput } from '@mantine/core';
import { MakeOnce } from '#components/make-once';
import { once } from '#components/once';
import { SCOPES } from '#lib/permissions';
import { confirmIdentityAction } from '../../confirm-identity.ts';
import { createKeyAction } from './actions.ts';

const createKeyOnce = once(createKeyAction);

const SCOPE_HELP: Record<(typeof SCOPES)[number], string> = {
  ingest: 'send interactions in',
  feed: 'follow the rules and report',
  respond: 'incidents and rules',
  export: 'read and export everything',
};

async function make(form: FormData) {
  const days = Number(form.get('expiresInDays'));
  const result = await createKeyOnce({
    name: form.get('name'),
    source: form.get('source'),
    scopes: form.getAll('scopes'),
    heldById: form.get('heldById'),
    ...(days > 0 && { expiresInDays: days }),
  });
  return result.ok ? { ok: true as const, data: result.data.key } : result;
}

/** Makes an API key and shows it once. */
export function NewKey({ people, me }: { people: { id: string; label: string }[]; me: string }) {
  return (
    <MakeOnce
      title="Make a key"
      submitLabel="Make the key"
      make={make}
      confirmIdentity={confirmIdentityAction}
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
          <NativeSelect
            name="heldById"
            label="Held by"
            description="Whoever has it in hand. What it writes, they wrote: they cannot approve it."
            data={people.map(({ id, label }) => ({ value: id, label: id === me ? `${label}, you` : label }))}
            defaultValue={me}
            error={fields.heldById}
          />
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
