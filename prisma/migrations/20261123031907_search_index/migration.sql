-- CreateTable
CREATE TABLE "search_segment" (
    "id" SERIAL NOT NULL,
    "ids" BYTEA NOT NULL,

    CONSTRAINT "search_segment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "search_page" (
    "page" SMALLINT NOT NULL,
    "segment_id" INTEGER NOT NULL,
    "body" BYTEA NOT NULL,

    CONSTRAINT "search_page_pkey" PRIMARY KEY ("page","segment_id")
);

-- CreateTable
CREATE TABLE "search_document" (
    "interaction_id" UUID NOT NULL,
    "segment_id" INTEGER NOT NULL,
    "model_name" TEXT NOT NULL,
    "model_version" TEXT NOT NULL,
    "surface" TEXT NOT NULL,
    "language" TEXT NOT NULL,
    "tier" TEXT,
    "tenant" TEXT,
    "control" BOOLEAN NOT NULL,
    "erased" BOOLEAN NOT NULL,

    CONSTRAINT "search_document_pkey" PRIMARY KEY ("interaction_id")
);

-- CreateTable
CREATE TABLE "search_erasure" (
    "interaction_id" UUID NOT NULL,
    "segment_id" INTEGER NOT NULL,

    CONSTRAINT "search_erasure_pkey" PRIMARY KEY ("interaction_id")
);

-- CreateIndex
CREATE INDEX "search_page_segment_id_idx" ON "search_page"("segment_id");

-- AddForeignKey
ALTER TABLE "search_page" ADD CONSTRAINT "search_page_segment_id_fkey" FOREIGN KEY ("segment_id") REFERENCES "search_segment"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Ids are random bytes and pages are packed already: compressing them again costs time and gives nothing.
ALTER TABLE search_segment ALTER COLUMN ids SET STORAGE EXTERNAL;
ALTER TABLE search_page ALTER COLUMN body SET STORAGE EXTERNAL;

-- Whoever drops a text also marks what was taken from it, in the same transaction. The lock keeps the two orders
-- apart: either the index reads what is left, or this finds the document that the index has written.
CREATE FUNCTION forget_search_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(5709110420);
  IF TG_OP = 'DELETE' THEN
    WITH gone AS (DELETE FROM search_document WHERE interaction_id = OLD.id RETURNING interaction_id, segment_id)
    INSERT INTO search_erasure (interaction_id, segment_id) SELECT interaction_id, segment_id FROM gone
    ON CONFLICT DO NOTHING;
    RETURN OLD;
  END IF;
  WITH gone AS (
    UPDATE search_document SET erased = true WHERE interaction_id = NEW.id AND NOT erased
    RETURNING interaction_id, segment_id)
  INSERT INTO search_erasure (interaction_id, segment_id) SELECT interaction_id, segment_id FROM gone
  ON CONFLICT DO NOTHING;
  RETURN NEW;
END
$$;

CREATE TRIGGER interaction_forget_search_document
  AFTER DELETE OR UPDATE OF erased_at ON interaction
  FOR EACH ROW EXECUTE FUNCTION forget_search_document();
