'use client';

import { NativeSelect, TextInput } from '@mantine/core';
import { MakeOnce } from '#components/make-once';
import { once } from '#components/once';
import { ROLES } from '#lib/permissions';
import { confirmIdentityAction } from '../../confirm-identity.ts';
import { createUserAction } from './actions.ts';

const createUserOnce = once(createUserAction);

async function make(form: FormData) {
  const result = await createUserOnce(Object.fromEntries(form));
  return result.ok ? { ok: true as const, data: result.data.password } : result;
}

/** Adds a person and shows their first password once. */
export function NewPerson() {
  return (
    <MakeOnce
      title="Add a person"
      submitLabel="Add"
      make={make}
      confirmIdentity={confirmIdentityAction}
      made={{
        title: 'Hand this over',
        words: 'The password is shown only now. They can change it under Your account.',
        label: 'One-time password',
      }}
    >
      {(fields) => (
        <>
          <TextInput name="name" label="Name" required error={fields.name} data-autofocus />
          <TextInput name="email" type="email" label="E-mail" required error={fields.email} />
          <NativeSelect name="role" label="Role" data={[...ROLES]} error={fields.role} />
        </>
      )}
    </MakeOnce>
  );
}
