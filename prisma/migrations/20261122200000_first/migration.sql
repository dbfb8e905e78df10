-- CreateTable
CREATE TABLE "app_user" (
    "id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "password_hash" TEXT,
    "demo" BOOLEAN NOT NULL DEFAULT false,
    "disabled_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "app_user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sign_in_throttle" (
    "key" TEXT NOT NULL,
    "failures" INTEGER NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sign_in_throttle_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "scopes" TEXT[],
    "hash" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "created_by_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "interaction" (
    "id" UUID NOT NULL,
    "source" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "digest" BYTEA NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "model_name" TEXT NOT NULL,
    "model_version" TEXT NOT NULL,
    "surface" TEXT NOT NULL,
    "language" TEXT NOT NULL,
    "path" TEXT,
    "actor_id" TEXT NOT NULL,
    "tier" TEXT,
    "tenant" TEXT,
    "prompt" TEXT NOT NULL,
    "before" TEXT,
    "completion" TEXT NOT NULL,
    "outcome" TEXT,
    "sampling" JSONB,
    "control" BOOLEAN NOT NULL DEFAULT false,
    "meta" JSONB,

    CONSTRAINT "interaction_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "finding" (
    "interaction_id" UUID NOT NULL,
    "position" SMALLINT NOT NULL,
    "detector" TEXT NOT NULL,
    "rule" TEXT,
    "category" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "cwe" TEXT,
    "message" TEXT,
    "start" INTEGER,
    "end" INTEGER,

    CONSTRAINT "finding_pkey" PRIMARY KEY ("interaction_id","position")
);

-- CreateTable
CREATE TABLE "queue_item" (
    "interaction_id" UUID NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'pending',
    "severity" TEXT NOT NULL,
    "category" TEXT NOT NULL,
    "language" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "lease_token" UUID,
    "lease_holder_id" UUID,
    "lease_expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "queue_item_pkey" PRIMARY KEY ("interaction_id")
);

-- CreateTable
CREATE TABLE "policy" (
    "id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "title" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "current" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "policy_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "review" (
    "id" UUID NOT NULL,
    "interaction_id" UUID NOT NULL,
    "reviewer_id" UUID NOT NULL,
    "verdict" TEXT NOT NULL,
    "policy_id" UUID,
    "note" TEXT,
    "time_spent_ms" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "review_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "incident" (
    "id" UUID NOT NULL,
    "number" SERIAL NOT NULL,
    "title" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'new',
    "episode" INTEGER NOT NULL DEFAULT 1,
    "version" INTEGER NOT NULL DEFAULT 1,
    "commander_id" UUID,
    "merged_into_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "incident_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "incident_interaction" (
    "incident_id" UUID NOT NULL,
    "interaction_id" UUID NOT NULL,
    "linked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "incident_interaction_pkey" PRIMARY KEY ("incident_id","interaction_id")
);

-- CreateTable
CREATE TABLE "mitigation" (
    "id" UUID NOT NULL,
    "number" SERIAL NOT NULL,
    "incident_id" UUID NOT NULL,
    "title" TEXT NOT NULL,
    "version" INTEGER NOT NULL DEFAULT 1,
    "scope" JSONB NOT NULL,
    "matcher" JSONB NOT NULL,
    "target" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "mode" TEXT NOT NULL,
    "tests" JSONB NOT NULL,
    "starts_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'draft',
    "author_id" UUID,
    "break_glass_reason" TEXT,
    "published_seq" INTEGER,
    "ended_seq" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "published_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "mitigation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "mitigation_approval" (
    "mitigation_id" UUID NOT NULL,
    "version" INTEGER NOT NULL,
    "approver_id" UUID NOT NULL,
    "approved_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "mitigation_approval_pkey" PRIMARY KEY ("mitigation_id","version","approver_id")
);

-- CreateTable
CREATE TABLE "ruleset" (
    "seq" INTEGER NOT NULL,
    "payload" TEXT NOT NULL,
    "signature" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "rules" INTEGER NOT NULL,
    "cause" TEXT NOT NULL,
    "published_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ruleset_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "instance" (
    "id" TEXT NOT NULL,
    "labels" JSONB NOT NULL,
    "sdk_version" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "reason" TEXT,
    "active_seq" INTEGER NOT NULL,
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "instance_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "adoption" (
    "instance_id" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "offered_at" TIMESTAMPTZ(3),
    "active_at" TIMESTAMPTZ(3),
    "failed_at" TIMESTAMPTZ(3),
    "reason" TEXT,

    CONSTRAINT "adoption_pkey" PRIMARY KEY ("seq","instance_id")
);

-- CreateTable
CREATE TABLE "rule_hit" (
    "mitigation_id" UUID NOT NULL,
    "instance_id" TEXT NOT NULL,
    "hits" BIGINT NOT NULL,
    "enforced" BIGINT NOT NULL,
    "last_hit_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "rule_hit_pkey" PRIMARY KEY ("mitigation_id","instance_id")
);

-- CreateTable
CREATE TABLE "event" (
    "id" BIGSERIAL NOT NULL,
    "action" TEXT NOT NULL,
    "actor_kind" TEXT NOT NULL,
    "actor_id" TEXT,
    "actor_name" TEXT NOT NULL,
    "subject_type" TEXT NOT NULL,
    "subject_id" TEXT NOT NULL,
    "incident_id" UUID,
    "incident_seq" INTEGER,
    "body" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "xid" BIGINT NOT NULL DEFAULT ((pg_current_xact_id())::text)::bigint,

    CONSTRAINT "event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "event_leaf" (
    "leaf_index" BIGINT NOT NULL,
    "event_id" BIGINT NOT NULL,

    CONSTRAINT "event_leaf_pkey" PRIMARY KEY ("leaf_index")
);

-- CreateTable
CREATE TABLE "setting" (
    "key" TEXT NOT NULL,
    "value" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "setting_pkey" PRIMARY KEY ("key")
);

-- CreateIndex
CREATE UNIQUE INDEX "app_user_email_key" ON "app_user"("email");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_hash_key" ON "api_key"("hash");

-- CreateIndex
CREATE INDEX "interaction_received_at_id_idx" ON "interaction"("received_at" DESC, "id");

-- CreateIndex
CREATE UNIQUE INDEX "interaction_source_external_id_key" ON "interaction"("source", "external_id");

-- CreateIndex
CREATE INDEX "queue_item_received_at_idx" ON "queue_item"("received_at" DESC);

-- CreateIndex
CREATE INDEX "queue_item_state_due_at_interaction_id_idx" ON "queue_item"("state", "due_at", "interaction_id");

-- CreateIndex
CREATE UNIQUE INDEX "policy_key_version_key" ON "policy"("key", "version");

-- CreateIndex
CREATE INDEX "review_created_at_idx" ON "review"("created_at");

-- CreateIndex
CREATE UNIQUE INDEX "review_interaction_id_reviewer_id_key" ON "review"("interaction_id", "reviewer_id");

-- CreateIndex
CREATE UNIQUE INDEX "incident_number_key" ON "incident"("number");

-- CreateIndex
CREATE INDEX "incident_state_created_at_idx" ON "incident"("state", "created_at");

-- CreateIndex
CREATE INDEX "incident_interaction_interaction_id_idx" ON "incident_interaction"("interaction_id");

-- CreateIndex
CREATE UNIQUE INDEX "mitigation_number_key" ON "mitigation"("number");

-- CreateIndex
CREATE INDEX "mitigation_state_expires_at_idx" ON "mitigation"("state", "expires_at");

-- CreateIndex
CREATE INDEX "mitigation_incident_id_idx" ON "mitigation"("incident_id");

-- CreateIndex
CREATE INDEX "instance_last_seen_at_idx" ON "instance"("last_seen_at");

-- CreateIndex
CREATE INDEX "event_subject_type_subject_id_idx" ON "event"("subject_type", "subject_id");

-- CreateIndex
CREATE INDEX "event_actor_id_idx" ON "event"("actor_id");

-- CreateIndex
CREATE UNIQUE INDEX "event_incident_id_incident_seq_key" ON "event"("incident_id", "incident_seq");

-- CreateIndex
CREATE UNIQUE INDEX "event_leaf_event_id_key" ON "event_leaf"("event_id");

-- AddForeignKey
ALTER TABLE "api_key" ADD CONSTRAINT "api_key_created_by_id_fkey" FOREIGN KEY ("created_by_id") REFERENCES "app_user"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "finding" ADD CONSTRAINT "finding_interaction_id_fkey" FOREIGN KEY ("interaction_id") REFERENCES "interaction"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "queue_item" ADD CONSTRAINT "queue_item_interaction_id_fkey" FOREIGN KEY ("interaction_id") REFERENCES "interaction"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "queue_item" ADD CONSTRAINT "queue_item_lease_holder_id_fkey" FOREIGN KEY ("lease_holder_id") REFERENCES "app_user"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "review" ADD CONSTRAINT "review_interaction_id_fkey" FOREIGN KEY ("interaction_id") REFERENCES "interaction"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "review" ADD CONSTRAINT "review_reviewer_id_fkey" FOREIGN KEY ("reviewer_id") REFERENCES "app_user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "review" ADD CONSTRAINT "review_policy_id_fkey" FOREIGN KEY ("policy_id") REFERENCES "policy"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "incident_interaction" ADD CONSTRAINT "incident_interaction_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "incident"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "incident_interaction" ADD CONSTRAINT "incident_interaction_interaction_id_fkey" FOREIGN KEY ("interaction_id") REFERENCES "interaction"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mitigation" ADD CONSTRAINT "mitigation_incident_id_fkey" FOREIGN KEY ("incident_id") REFERENCES "incident"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "mitigation_approval" ADD CONSTRAINT "mitigation_approval_mitigation_id_fkey" FOREIGN KEY ("mitigation_id") REFERENCES "mitigation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "adoption" ADD CONSTRAINT "adoption_seq_fkey" FOREIGN KEY ("seq") REFERENCES "ruleset"("seq") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "event_leaf" ADD CONSTRAINT "event_leaf_event_id_fkey" FOREIGN KEY ("event_id") REFERENCES "event"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- History is append-only: the triggers refuse even the owner of the tables, and TRUNCATE has no row trigger.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON event
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON event
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_leaf_append_only BEFORE UPDATE OR DELETE ON event_leaf
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_leaf_no_truncate BEFORE TRUNCATE ON event_leaf
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ruleset_append_only BEFORE UPDATE OR DELETE ON ruleset
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ruleset_no_truncate BEFORE TRUNCATE ON ruleset
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An interaction is evidence: what was sent in is never rewritten (erasing goes through its own verb later).
CREATE TRIGGER interaction_immutable BEFORE UPDATE ON interaction
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER finding_immutable BEFORE UPDATE ON finding
  FOR EACH ROW EXECUTE FUNCTION refuse_change();
