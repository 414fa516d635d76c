import { describe, expect, test } from "vitest";
import type { ClusterStop } from "@/lib/api-models";
import { lossWords, missingWords, priceWords, stopDetail, stopWords } from "./cluster-words";

const price = { worker_usd_hour: "0.1", usd_hour: "0.80", now_usd_hour: "0.30" };

describe("the price of a cluster", () => {
  test("is told for now and for later, as long as workers are missing", () => {
    expect(priceWords({ state: "running", price })).toBe("$0.30/h now, $0.80/h with all workers");
    expect(priceWords({ state: "starting", price: { ...price, now_usd_hour: "0" } })).toBe(
      "$0.80/h once all workers run",
    );
  });

  test("is that of now once no more will come", () => {
    expect(priceWords({ state: "stopping", price })).toBe("$0.30/h");
  });
});

describe("the words for a cluster", () => {
  test("say where its missing workers are", () => {
    expect(missingWords({ wanted: 8, pending: 3, starting: 2, running: 3 })).toBe(
      "2 starting, 3 waiting for a computer",
    );
    expect(missingWords({ wanted: 8, pending: 0, starting: 0, running: 8 })).toBe("");
  });

  test("say what a stop loses, and nothing where nothing is known", () => {
    const none = { waiting: 0, processing: 0, memory: 0, erred: 3 };
    expect(lossWords({ ...none, processing: 1 })).toBe("1 unfinished task will be lost.");
    expect(lossWords({ ...none, memory: 1_200 })).toBe(
      "1,200 results that its workers hold will be lost.",
    );
    expect(lossWords(none)).toBeNull();
    expect(lossWords(null)).toBeNull();
  });

  test("repeat no reason that is plain, and say little of a reason that is not known", () => {
    expect(stopDetail({ reason: "user", message: "You stopped it." })).toBe("");
    expect(stopDetail({ reason: "idle", message: "Nothing to do." })).toBe("Nothing to do.");
    expect(stopWords("unknown")).toBe("Stopped");
    const lost: ClusterStop = { reason: "scheduler_lost", message: "Start the cluster again." };
    expect(stopWords(lost.reason)).toBe("Stopped because its scheduler ended");
    expect(stopDetail(lost)).toBe(lost.message);
  });
});
