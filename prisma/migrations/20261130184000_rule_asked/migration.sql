-- AlterTable
ALTER TABLE "rule_hit_minute" ADD COLUMN     "asked" BIGINT NOT NULL DEFAULT 0;
