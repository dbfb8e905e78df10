-- CreateTable
CREATE TABLE "incident_merge" (
    "id" UUID NOT NULL,
    "from_id" UUID NOT NULL,
    "into_id" UUID NOT NULL,
    "state_before" TEXT NOT NULL,
    "mitigation_ids" UUID[],
    "interaction_ids" UUID[],
    "merged_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "undone_at" TIMESTAMPTZ(3),

    CONSTRAINT "incident_merge_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "incident_merge_into_id_idx" ON "incident_merge"("into_id");

-- CreateIndex
CREATE INDEX "incident_merged_into_id_idx" ON "incident"("merged_into_id");

-- AddForeignKey
ALTER TABLE "incident_merge" ADD CONSTRAINT "incident_merge_from_id_fkey" FOREIGN KEY ("from_id") REFERENCES "incident"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "incident_merge" ADD CONSTRAINT "incident_merge_into_id_fkey" FOREIGN KEY ("into_id") REFERENCES "incident"("id") ON DELETE RESTRICT ON UPDATE CASCADE;


-- One merge of an incident stands at a time, and none into itself.
CREATE UNIQUE INDEX "incident_merge_standing" ON "incident_merge" ("from_id") WHERE "undone_at" IS NULL;
ALTER TABLE "incident_merge" ADD CONSTRAINT "incident_merge_not_itself" CHECK ("from_id" <> "into_id");

-- Merges from before this table moved links only and kept no list of them. They can be undone too: the state before
-- stands in their event, and what they moved is left where it is.
INSERT INTO "incident_merge" ("id", "from_id", "into_id", "state_before", "mitigation_ids", "interaction_ids", "merged_at")
SELECT gen_random_uuid(), i."id", i."merged_into_id", coalesce(e."before", 'investigating'), '{}', '{}',
  coalesce(e."occurred_at", i."created_at")
FROM "incident" i
LEFT JOIN LATERAL (
  SELECT "body"::jsonb #>> '{data,before,state}' AS "before", "occurred_at" FROM "event"
  WHERE "incident_id" = i."id" AND "action" = 'incident.transition'
  ORDER BY "incident_seq" DESC LIMIT 1
) e ON true
WHERE i."state" = 'merged' AND i."merged_into_id" IS NOT NULL;
