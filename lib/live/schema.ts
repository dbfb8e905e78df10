/** What the shell shows on every page, and stamps that change when something of that kind did. */
export type Live = {
  /** Pending interactions; where `pendingCapped`, at least so many. */
  pending: number;
  pendingCapped: boolean;
  openIncidents: number;
  liveRules: number;
  /** Of all that serve, silent ones too, those that have exactly the newest ruleset in force. */
  instances: { active: number; serving: number /** Expected sizes that are not met. */; unmet: number };
  stamps: { events: string; queue: string; fleet: string };
};
