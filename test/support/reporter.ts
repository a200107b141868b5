import { appendFileSync } from "node:fs";
import Mocha from "mocha";

/**
 * Mocha's `spec` reporter that also appends one line `SUITE PASSED FAILED NOTRUN` to the file named by H5FS_TEST_REPORT, where
 * SUITE is H5FS_SUITE: what `.ci/run` sums up.
 */
export default class CountingReporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    const report = process.env.H5FS_TEST_REPORT;
    if (report !== undefined && report !== "") {
      appendFileSync(report, `${process.env.H5FS_SUITE ?? "mocha"} ${passes} ${failures} ${pending}\n`);
    }
  }
}
