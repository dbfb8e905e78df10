-- CreateTable
CREATE TABLE "ruleset_head" (
    "id" SMALLINT NOT NULL DEFAULT 1,
    "seq" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "head" TEXT NOT NULL,

    CONSTRAINT "ruleset_head_pkey" PRIMARY KEY ("id")
);

ALTER TABLE "ruleset_head" ADD CONSTRAINT "ruleset_head_one_row" CHECK ("id" = 1);
