import type { Role } from '#lib/permissions';

type DemoPerson = {
  name: string;
  email: string;
  role: Role;
  /** Offered on the terminal; the others make approvals and appointments possible. */
  shown: boolean;
};

/** Of a role, the first is the one that the one-click address signs in. */
export const PEOPLE: readonly DemoPerson[] = [
  { name: 'Rosa Lindqvist', email: 'rosa@demo.stopgap.example', role: 'reviewer', shown: true },
  { name: 'Teo Marchetti', email: 'teo@demo.stopgap.example', role: 'commander', shown: true },
  { name: 'Ada Okonkwo', email: 'ada@demo.stopgap.example', role: 'auditor', shown: true },
  { name: 'Juno Hartwell', email: 'juno@demo.stopgap.example', role: 'commander', shown: false },
  { name: 'Ilan Barzani', email: 'ilan@demo.stopgap.example', role: 'reviewer', shown: false },
  { name: 'Maren Soto', email: 'maren@demo.stopgap.example', role: 'lead', shown: false },
  { name: 'Pim de Graaf', email: 'pim@demo.stopgap.example', role: 'admin', shown: false },
];
