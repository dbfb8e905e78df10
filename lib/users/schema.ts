import { z } from 'zod';
import { ROLES } from '#lib/permissions';
import { STORABLE, storable } from '#lib/storable';

const email = z
  .string()
  .trim()
  .toLowerCase()
  .pipe(z.email('Write an e-mail address such as ana@example.com.'));
const name = z
  .string()
  .trim()
  .min(1, 'Write the name that others will see.')
  .max(100)
  .refine(storable, STORABLE);
const password = z.string().min(12, 'Use at least 12 characters.').max(200);

export const createUserSchema = z.strictObject({ email, name, role: z.enum(ROLES) });
export const changeRoleSchema = z.strictObject({ id: z.uuid(), role: z.enum(ROLES) });
export const disableUserSchema = z.strictObject({ id: z.uuid(), disabled: z.boolean() });
export const createFirstAdminSchema = z.strictObject({ token: z.string().min(1), email, name, password });
export const changePasswordSchema = z.strictObject({ current: z.string().max(200), next: password });

export const confirmIdentitySchema = z.strictObject({ password: z.string().max(200) });

export type ConfirmIdentity = z.infer<typeof confirmIdentitySchema>;
export type CreateUser = z.infer<typeof createUserSchema>;
export type CreateFirstAdmin = z.infer<typeof createFirstAdminSchema>;
export type ChangePassword = z.infer<typeof changePasswordSchema>;
