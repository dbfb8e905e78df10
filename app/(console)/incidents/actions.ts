'use server';

import { action } from '#lib/action';
import {
  assignCommander,
  changeSeverity,
  declareIncident,
  noteIncident,
  transitionIncident,
} from '#lib/incidents/mutations';
import {
  assignCommanderSchema,
  changeSeveritySchema,
  declareIncidentSchema,
  noteIncidentSchema,
  transitionIncidentSchema,
} from '#lib/incidents/schema';

export async function declareIncidentAction(input: unknown) {
  return action(declareIncidentSchema, input, declareIncident, { refresh: false });
}

export async function transitionIncidentAction(input: unknown) {
  return action(transitionIncidentSchema, input, transitionIncident);
}

export async function assignCommanderAction(input: unknown) {
  return action(assignCommanderSchema, input, assignCommander);
}

export async function changeSeverityAction(input: unknown) {
  return action(changeSeveritySchema, input, changeSeverity);
}

export async function noteIncidentAction(input: unknown) {
  return action(noteIncidentSchema, input, noteIncident);
}
