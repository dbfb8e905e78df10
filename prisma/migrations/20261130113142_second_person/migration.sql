-- AlterTable
ALTER TABLE "api_key" ADD COLUMN     "held_by_id" UUID;

-- AlterTable
ALTER TABLE "mitigation" ADD COLUMN     "glass_by_id" UUID,
ADD COLUMN     "life_minutes" INTEGER,
ADD COLUMN     "published_digest" TEXT,
ADD COLUMN     "writer_ids" UUID[] NOT NULL DEFAULT ARRAY[]::UUID[],
ADD COLUMN     "writer_unknown" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "mitigation_approval" ADD COLUMN     "digest" TEXT;

-- CreateTable
CREATE TABLE "mitigation_version" (
    "mitigation_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "digest" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "author_id" UUID,
    "written_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "mitigation_version_pkey" PRIMARY KEY ("mitigation_id","version","digest")
);

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_held_by_id_fkey" FOREIGN KEY ("held_by_id") REFERENCES "app_user"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mitigation_version" ADD CONSTRAINT "mitigation_version_mitigation_id_fkey" FOREIGN KEY ("mitigation_id") REFERENCES "mitigation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What was written with a key before keys named their holders was written by nobody knows whom.
UPDATE "mitigation" SET
  "writer_ids" = CASE WHEN "author_id" IS NULL THEN '{}' ELSE ARRAY["author_id"] END,
  "writer_unknown" = "author_id" IS NULL OR EXISTS (
    SELECT 1 FROM "event" e WHERE e."subject_type" = 'mitigation' AND e."subject_id" = "mitigation"."id"::text
      AND e."action" IN ('mitigation.draft', 'mitigation.edit') AND e."actor_kind" = 'key');

-- Who broke glass stands in the event of the publish.
UPDATE "mitigation" SET "glass_by_id" = broke."by" FROM (
  SELECT DISTINCT ON (e."subject_id") e."subject_id", (e."body"::jsonb -> 'data' ->> 'by')::uuid AS "by"
  FROM "event" e WHERE e."action" = 'mitigation.publish' AND e."subject_type" = 'mitigation'
  ORDER BY e."subject_id", e."id" DESC
) broke WHERE broke."subject_id" = "mitigation"."id"::text AND "mitigation"."break_glass_reason" IS NOT NULL;

-- Two of one person that are outstanding today: the older stays barred to them, and only the newer counts.
UPDATE "mitigation" older SET "writer_ids" = older."writer_ids" || older."glass_by_id", "glass_by_id" = NULL
WHERE older."state" = 'live' AND older."approval_due_at" IS NOT NULL AND EXISTS (
  SELECT 1 FROM "mitigation" newer WHERE newer."glass_by_id" = older."glass_by_id" AND newer."state" = 'live'
    AND newer."approval_due_at" IS NOT NULL AND newer."number" > older."number");

-- Nobody has two live rules out on their word alone, whoever asks at the same moment.
CREATE UNIQUE INDEX "mitigation_outstanding_glass" ON "mitigation" ("glass_by_id")
  WHERE "state" = 'live' AND "approval_due_at" IS NOT NULL;

CREATE TRIGGER mitigation_version_append_only BEFORE UPDATE OR DELETE ON mitigation_version
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER mitigation_version_no_truncate BEFORE TRUNCATE ON mitigation_version
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
