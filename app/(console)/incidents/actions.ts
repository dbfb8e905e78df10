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
  return action('declareIncident', declareIncidentSchema, input, declareIncident, { refresh: false });
}

export async function transitionIncidentAction(input: unknown) {
  return action('transitionIncident', transitionIncidentSchema, input, transitionIncident);
}

export async function assignCommanderAction(input: unknown) {
  return action('assignCommander', assignCommanderSchema, input, assignCommander);
}

export async function changeSeverityAction(input: unknown) {
  return action('changeSeverity', changeSeveritySchema, input, changeSeverity);
}

export async function noteIncidentAction(input: unknown) {
  return action('noteIncident', noteIncidentSchema, input, noteIncident);
}
