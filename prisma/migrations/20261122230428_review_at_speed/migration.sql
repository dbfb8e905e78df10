-- DropIndex
DROP INDEX "queue_item_state_due_at_interaction_id_idx";

-- AlterTable
ALTER TABLE "interaction" ADD COLUMN     "erased_at" TIMESTAMPTZ(3),
ADD COLUMN     "erased_for" TEXT;

-- AlterTable
ALTER TABLE "policy" ADD COLUMN     "examples" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "reason_required" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "queue_item" ADD COLUMN     "assigned_by_id" UUID,
ADD COLUMN     "assigned_until" TIMESTAMPTZ(3),
ADD COLUMN     "assignee_id" UUID,
ADD COLUMN     "decided_at" TIMESTAMPTZ(3),
ADD COLUMN     "first_claimed_at" TIMESTAMPTZ(3),
ADD COLUMN     "handover_note" TEXT,
ADD COLUMN     "hold_reason" TEXT,
ADD COLUMN     "policy_id" UUID,
ADD COLUMN     "queue_id" UUID NOT NULL DEFAULT '00000000-0000-7000-8000-000000000001'::uuid,
ADD COLUMN     "reviews_done" SMALLINT NOT NULL DEFAULT 0,
ADD COLUMN     "reviews_needed" SMALLINT NOT NULL DEFAULT 1,
ADD COLUMN     "skips" SMALLINT NOT NULL DEFAULT 0,
ADD COLUMN     "spread" REAL NOT NULL DEFAULT 1,
ADD COLUMN     "stage" TEXT NOT NULL DEFAULT 'review',
ADD COLUMN     "verdict" TEXT;

-- AlterTable
ALTER TABLE "review" ADD COLUMN     "batch_id" UUID,
ADD COLUMN     "kind" TEXT NOT NULL DEFAULT 'review';

-- CreateTable
CREATE TABLE "outcome" (
    "interaction_id" UUID NOT NULL,
    "outcome" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "kept" TEXT,

    CONSTRAINT "outcome_pkey" PRIMARY KEY ("interaction_id","outcome")
);

-- CreateTable
CREATE TABLE "secret" (
    "interaction_id" UUID NOT NULL,
    "field" TEXT NOT NULL,
    "start" INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    "rule" TEXT NOT NULL,

    CONSTRAINT "secret_pkey" PRIMARY KEY ("interaction_id","field","start")
);

-- CreateTable
CREATE TABLE "analysis_task" (
    "interaction_id" UUID NOT NULL,
    "attempts" SMALLINT NOT NULL DEFAULT 0,

    CONSTRAINT "analysis_task_pkey" PRIMARY KEY ("interaction_id")
);

-- CreateTable
CREATE TABLE "queue" (
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "conditions" JSONB NOT NULL DEFAULT '{}',
    "required_reviews" SMALLINT NOT NULL DEFAULT 1,
    "second_share" DOUBLE PRECISION,
    "is_default" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "queue_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "queue_skip" (
    "interaction_id" UUID NOT NULL,
    "reviewer_id" UUID NOT NULL,
    "reason" TEXT NOT NULL,
    "note" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "queue_skip_pkey" PRIMARY KEY ("interaction_id","reviewer_id")
);

-- CreateTable
CREATE TABLE "review_batch" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "actor_id" UUID,
    "cluster_id" UUID,
    "filter" JSONB,
    "verdict" TEXT NOT NULL,
    "policy_id" UUID,
    "note" TEXT,
    "count" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "reversed_at" TIMESTAMPTZ(3),

    CONSTRAINT "review_batch_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "preference" (
    "user_id" UUID NOT NULL,
    "opt_outs" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "break_after" INTEGER,
    "keymap" JSONB NOT NULL DEFAULT '{}',
    "views" JSONB NOT NULL DEFAULT '[]',
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "preference_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "golden_item" (
    "interaction_id" UUID NOT NULL,
    "verdict" TEXT NOT NULL,
    "policy_key" TEXT,
    "note" TEXT,
    "created_by_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "golden_item_pkey" PRIMARY KEY ("interaction_id")
);

-- CreateTable
CREATE TABLE "golden_answer" (
    "interaction_id" UUID NOT NULL,
    "reviewer_id" UUID NOT NULL,
    "lease_token" UUID,
    "lease_expires_at" TIMESTAMPTZ(3),
    "verdict" TEXT,
    "policy_key" TEXT,
    "note" TEXT,
    "time_spent_ms" INTEGER,
    "answered_at" TIMESTAMPTZ(3),

    CONSTRAINT "golden_answer_pkey" PRIMARY KEY ("interaction_id","reviewer_id")
);

-- CreateTable
CREATE TABLE "cluster" (
    "id" UUID NOT NULL,
    "number" SERIAL NOT NULL,
    "scope" TEXT NOT NULL,
    "representative_id" UUID NOT NULL,
    "split_from_id" UUID,
    "size" INTEGER NOT NULL DEFAULT 0,
    "actors" INTEGER NOT NULL DEFAULT 0,
    "tenants" INTEGER NOT NULL DEFAULT 0,
    "rated" INTEGER NOT NULL DEFAULT 0,
    "accepted" INTEGER NOT NULL DEFAULT 0,
    "last_hour" INTEGER NOT NULL DEFAULT 0,
    "first_at" TIMESTAMPTZ(3) NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,
    "stats_at" TIMESTAMPTZ(3),
    "auto_verdict" TEXT,
    "auto_policy_id" UUID,
    "auto_until" TIMESTAMPTZ(3),
    "auto_by_id" UUID,

    CONSTRAINT "cluster_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cluster_shape" (
    "id" UUID NOT NULL,
    "scope" TEXT NOT NULL,
    "fingerprint" BYTEA NOT NULL,
    "feature_hash" BYTEA NOT NULL,
    "features" TEXT[],
    "minhash" BYTEA,
    "cluster_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cluster_shape_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cluster_band" (
    "band" SMALLINT NOT NULL,
    "hash" BIGINT NOT NULL,
    "shape_id" UUID NOT NULL,

    CONSTRAINT "cluster_band_pkey" PRIMARY KEY ("band","hash","shape_id")
);

-- CreateTable
CREATE TABLE "cluster_member" (
    "interaction_id" UUID NOT NULL,
    "cluster_id" UUID NOT NULL,
    "shape_id" UUID NOT NULL,
    "similarity" REAL NOT NULL,
    "joined_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "cluster_member_pkey" PRIMARY KEY ("interaction_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "queue_key_key" ON "queue"("key");

-- CreateIndex
CREATE INDEX "review_batch_created_at_idx" ON "review_batch"("created_at");

-- CreateIndex
CREATE UNIQUE INDEX "cluster_number_key" ON "cluster"("number");

-- CreateIndex
CREATE INDEX "cluster_last_at_idx" ON "cluster"("last_at" DESC);

-- CreateIndex
CREATE INDEX "cluster_size_idx" ON "cluster"("size" DESC);

-- CreateIndex
CREATE INDEX "cluster_shape_cluster_id_idx" ON "cluster_shape"("cluster_id");

-- CreateIndex
CREATE UNIQUE INDEX "cluster_shape_scope_fingerprint_feature_hash_key" ON "cluster_shape"("scope", "fingerprint", "feature_hash");

-- CreateIndex
CREATE INDEX "cluster_band_shape_id_idx" ON "cluster_band"("shape_id");

-- CreateIndex
CREATE INDEX "cluster_member_cluster_id_joined_at_idx" ON "cluster_member"("cluster_id", "joined_at");

-- CreateIndex
CREATE INDEX "cluster_member_shape_id_idx" ON "cluster_member"("shape_id");

-- CreateIndex
CREATE INDEX "queue_item_state_stage_due_at_interaction_id_idx" ON "queue_item"("state", "stage", "due_at", "interaction_id");

-- CreateIndex
CREATE INDEX "queue_item_state_stage_queue_id_due_at_interaction_id_idx" ON "queue_item"("state", "stage", "queue_id", "due_at", "interaction_id");

-- CreateIndex
CREATE INDEX "queue_item_state_stage_severity_due_at_interaction_id_idx" ON "queue_item"("state", "stage", "severity", "due_at", "interaction_id");

-- CreateIndex
CREATE INDEX "queue_item_state_stage_category_due_at_interaction_id_idx" ON "queue_item"("state", "stage", "category", "due_at", "interaction_id");

-- CreateIndex
CREATE INDEX "queue_item_state_stage_language_due_at_interaction_id_idx" ON "queue_item"("state", "stage", "language", "due_at", "interaction_id");

-- CreateIndex
CREATE INDEX "finding_detector_interaction_id_idx" ON "finding"("detector", "interaction_id");

-- CreateIndex
CREATE INDEX "queue_item_assignee_id_idx" ON "queue_item"("assignee_id");

-- CreateIndex
CREATE INDEX "queue_item_lease_holder_id_idx" ON "queue_item"("lease_holder_id");

-- CreateIndex
CREATE INDEX "queue_item_decided_at_idx" ON "queue_item"("decided_at");

-- CreateIndex
CREATE INDEX "review_reviewer_id_created_at_idx" ON "review"("reviewer_id", "created_at");

-- CreateIndex
CREATE INDEX "review_batch_id_idx" ON "review"("batch_id");

-- What meets no queue's conditions goes here; the id is written as the column's default too.
INSERT INTO queue (id, key, name, position, is_default)
VALUES ('00000000-0000-7000-8000-000000000001', 'default', 'Everything else', 1000000, true);

-- AddForeignKey
ALTER TABLE "outcome" ADD CONSTRAINT "outcome_interaction_id_fkey" FOREIGN KEY ("interaction_id") REFERENCES "interaction"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "secret" ADD CONSTRAINT "secret_interaction_id_fkey" FOREIGN KEY ("interaction_id") REFERENCES "interaction"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "queue_item" ADD CONSTRAINT "queue_item_queue_id_fkey" FOREIGN KEY ("queue_id") REFERENCES "queue"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "queue_item" ADD CONSTRAINT "queue_item_assignee_id_fkey" FOREIGN KEY ("assignee_id") REFERENCES "app_user"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "queue_item" ADD CONSTRAINT "queue_item_policy_id_fkey" FOREIGN KEY ("policy_id") REFERENCES "policy"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "queue_skip" ADD CONSTRAINT "queue_skip_interaction_id_fkey" FOREIGN KEY ("interaction_id") REFERENCES "interaction"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "queue_skip" ADD CONSTRAINT "queue_skip_reviewer_id_fkey" FOREIGN KEY ("reviewer_id") REFERENCES "app_user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "review" ADD CONSTRAINT "review_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "review_batch"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "preference" ADD CONSTRAINT "preference_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "golden_item" ADD CONSTRAINT "golden_item_interaction_id_fkey" FOREIGN KEY ("interaction_id") REFERENCES "interaction"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "golden_answer" ADD CONSTRAINT "golden_answer_interaction_id_fkey" FOREIGN KEY ("interaction_id") REFERENCES "golden_item"("interaction_id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "golden_answer" ADD CONSTRAINT "golden_answer_reviewer_id_fkey" FOREIGN KEY ("reviewer_id") REFERENCES "app_user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cluster_shape" ADD CONSTRAINT "cluster_shape_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cluster_band" ADD CONSTRAINT "cluster_band_shape_id_fkey" FOREIGN KEY ("shape_id") REFERENCES "cluster_shape"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cluster_member" ADD CONSTRAINT "cluster_member_interaction_id_fkey" FOREIGN KEY ("interaction_id") REFERENCES "interaction"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cluster_member" ADD CONSTRAINT "cluster_member_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "cluster_member" ADD CONSTRAINT "cluster_member_shape_id_fkey" FOREIGN KEY ("shape_id") REFERENCES "cluster_shape"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What was decided before has its final word now.
UPDATE queue_item AS item
SET verdict = review.verdict, policy_id = review.policy_id, decided_at = review.created_at, reviews_done = 1
FROM review WHERE review.interaction_id = item.interaction_id AND item.state = 'decided';

-- Interactions from before this version are scanned for secrets and placed in clusters too.
INSERT INTO analysis_task (interaction_id) SELECT id FROM interaction;

-- A claim, a heartbeat and a release rewrite the row in place when its page has room.
ALTER TABLE queue_item SET (fillfactor = 70);
ALTER TABLE cluster SET (fillfactor = 70);

-- Erasing may empty the texts of an interaction, once, and nothing else: digest, ids, times and findings stay.
CREATE FUNCTION allow_only_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  kept interaction := OLD;
BEGIN
  kept.prompt := '';
  kept."before" := CASE WHEN OLD."before" IS NULL THEN NULL ELSE '' END;
  kept.completion := '';
  kept.path := NULL;
  kept.meta := NULL;
  kept.actor_id := NEW.actor_id;
  kept.erased_at := NEW.erased_at;
  kept.erased_for := NEW.erased_for;
  IF OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL AND NEW.erased_for IS NOT NULL AND NEW IS NOT DISTINCT FROM kept
    AND (NEW.actor_id = OLD.actor_id OR NEW.actor_id LIKE 'erased:%') THEN
    RETURN NEW;
  END IF;
  -- A text that retention dropped may still say whose it was; erasing a person takes that too.
  kept := OLD;
  kept.actor_id := NEW.actor_id;
  kept.erased_for := NEW.erased_for;
  IF OLD.erased_at IS NOT NULL AND NEW IS NOT DISTINCT FROM kept AND OLD.actor_id NOT LIKE 'erased:%'
    AND NEW.actor_id LIKE 'erased:%' AND NEW.erased_for = 'request' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

-- A detector's message may quote the text: it goes with it, and only with it.
CREATE FUNCTION allow_only_erased_message() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  kept finding := OLD;
BEGIN
  kept.message := NULL;
  IF NEW IS NOT DISTINCT FROM kept
    AND EXISTS (SELECT 1 FROM interaction WHERE id = OLD.interaction_id AND erased_at IS NOT NULL) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

DROP TRIGGER finding_immutable ON finding;
CREATE TRIGGER finding_immutable BEFORE UPDATE ON finding
  FOR EACH ROW EXECUTE FUNCTION allow_only_erased_message();

DROP TRIGGER interaction_immutable ON interaction;
CREATE TRIGGER interaction_immutable BEFORE UPDATE ON interaction
  FOR EACH ROW EXECUTE FUNCTION allow_only_erasure();
