// Goal: what applications ask every day has the plan that an expert would choose, and the result
// that it has without optimizer. Method: the files of QueryCorpus/workloads at their small size;
// rows that operators handed out stand for time. A case that does not hold today says so, and fails
// here when it begins to hold, so that the mark is taken off.

import Foundation
import NenDB
import Testing

@Suite struct WorkloadTests {
    @Test func thereAreCases() throws {
        let count = try WorkloadFile.all.reduce(0) { try $0 + $1.parse().cases.count }
        #expect(count >= 200)
    }

    @Test(arguments: WorkloadFile.all)
    func plansAreAnExperts(_ file: WorkloadFile) throws {
        let (head, cases) = try file.parse()
        guard head["small"] != nil else { return }
        let run = try WorkloadRun(head: head)
        for workload in cases {
            let place = "\(file.testDescription), \(workload.title)"
            do {
                let known = try workload.knownFaults()
                let faults = try run.faults(workload)
                for fault in faults where known[fault.kind] == nil {
                    Issue.record("\(place): \(fault)")
                }
                for kind in known.keys where !faults.contains(where: { $0.kind == kind }) {
                    Issue.record("\(place): `\(kind.rawValue)` holds now: take off the mark")
                }
            } catch {
                Issue.record("\(place): \(error)")
            }
        }
    }
}
