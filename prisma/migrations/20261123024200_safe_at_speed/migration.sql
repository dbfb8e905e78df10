-- AlterTable
ALTER TABLE "adoption" ADD COLUMN     "compiled_at" TIMESTAMPTZ(3),
ADD COLUMN     "first_hit_at" TIMESTAMPTZ(3),
ADD COLUMN     "tested_at" TIMESTAMPTZ(3),
ADD COLUMN     "verified_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "instance" ADD COLUMN     "breakers" JSONB NOT NULL DEFAULT '[]',
ADD COLUMN     "kind" TEXT NOT NULL DEFAULT 'sdk',
ADD COLUMN     "via" TEXT;

-- AlterTable
ALTER TABLE "mitigation" ADD COLUMN     "approval_due_at" TIMESTAMPTZ(3),
ADD COLUMN     "fail" JSONB NOT NULL DEFAULT '{"onError":"open","onStale":"open"}',
ADD COLUMN     "held_reason" TEXT,
ADD COLUMN     "max_hit_rate" DOUBLE PRECISION,
ADD COLUMN     "parameters" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "plan" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "sample" DOUBLE PRECISION NOT NULL DEFAULT 0,
ADD COLUMN     "stage" TEXT NOT NULL DEFAULT 'full',
ADD COLUMN     "stage_since" TIMESTAMPTZ(3),
ADD COLUMN     "when" TEXT;

-- CreateTable
CREATE TABLE "confirmation" (
    "session" TEXT NOT NULL,
    "user_id" UUID NOT NULL,
    "confirmed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "confirmation_pkey" PRIMARY KEY ("session")
);

-- CreateTable
CREATE TABLE "backtest" (
    "id" UUID NOT NULL,
    "mitigation_id" UUID,
    "version" INTEGER,
    "incident_id" UUID,
    "cluster_id" UUID,
    "digest" TEXT NOT NULL,
    "draft" JSONB NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'running',
    "scanned" INTEGER NOT NULL DEFAULT 0,
    "total" INTEGER,
    "result" JSONB,
    "problem" TEXT,
    "actor_id" UUID,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "beat_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "backtest_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rule_hit_minute" (
    "mitigation_id" UUID NOT NULL,
    "minute" TIMESTAMPTZ(0) NOT NULL,
    "hits" BIGINT NOT NULL,
    "enforced" BIGINT NOT NULL,

    CONSTRAINT "rule_hit_minute_pkey" PRIMARY KEY ("mitigation_id","minute")
);

-- CreateTable
CREATE TABLE "decision_minute" (
    "minute" TIMESTAMPTZ(0) NOT NULL,
    "decisions" BIGINT NOT NULL,

    CONSTRAINT "decision_minute_pkey" PRIMARY KEY ("minute")
);

-- CreateTable
CREATE TABLE "stream_tally" (
    "instance_id" TEXT NOT NULL,
    "streams" BIGINT NOT NULL,
    "chunks" BIGINT NOT NULL,
    "released" BIGINT NOT NULL,
    "unscanned" BIGINT NOT NULL,
    "blocked" BIGINT NOT NULL,

    CONSTRAINT "stream_tally_pkey" PRIMARY KEY ("instance_id")
);

-- CreateTable
CREATE TABLE "coverage" (
    "instance_id" TEXT NOT NULL,
    "contract" TEXT NOT NULL,
    "phase" TEXT NOT NULL,
    "calls" BIGINT NOT NULL,
    "streamed" BIGINT NOT NULL,
    "unseen" BIGINT NOT NULL,
    "last_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "coverage_pkey" PRIMARY KEY ("instance_id","contract","phase")
);

-- CreateIndex
CREATE INDEX "confirmation_user_id_idx" ON "confirmation"("user_id");

-- CreateIndex
CREATE INDEX "backtest_mitigation_id_version_started_at_idx" ON "backtest"("mitigation_id", "version", "started_at");

-- CreateIndex
CREATE INDEX "backtest_started_at_idx" ON "backtest"("started_at");

-- AddForeignKey
ALTER TABLE "confirmation" ADD CONSTRAINT "confirmation_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "app_user"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "backtest" ADD CONSTRAINT "backtest_mitigation_id_fkey" FOREIGN KEY ("mitigation_id") REFERENCES "mitigation"("id") ON DELETE SET NULL ON UPDATE CASCADE;
