// Package evolve searches architectures by evolving the search space itself: train, simplify, retrieve the Pareto
// front, aggregate, replenish. It knows no tensor; an [Engine] trains and scores for it.
//
// Package space below it is what a search chooses from: operations, architectures and their costs. Package fitness is
// what a round learns of operations, as probabilities, and how it learns it. Package evolve has the rounds.
//
// # The paper in the code
//
// Numbers are those of Ci et al., Evolving Search Space for Neural Architecture Search, 2021. Each function says in its
// comment which of them it implements. [Search.Run] repeats the steps, which Search.round lists in their order.
//
//	eq. 1    output of a layer: mean of its branches   supernet.Net.join
//	eq. 2    weights: least loss over uniform paths    Search.updateWeights, supernet.Net.Step
//	eq. 3    fitness: least expected held-out loss     Search.updateFitness, fitness.Adam.Step
//	eq. 4    probability of a configuration            fitness.Distribution.probability, fitness.Distribution.rescaled
//	eq. 5    fitness loss with its resource term       fitness.Loss.Gradient, fitness.Resource.Term, Search.loss
//	eq. 6    output of a layer on two configurations   supernet.Net.fitness
//	eq. 7    gradient of the loss by p̃_a and p̃_b       supernet.Net.fitness, fitness.Loss.Gradient
//	eq. 8    expected cost                             fitness.expectedCost, space.Problem.PathCost
//	eq. 9    aggregation                               Aggregate, Search.aggregate
//
//	3.2.2    training paths, sampled uniformly         fitness.Uniform, Search.updateWeights
//	3.3.1    two configurations for each layer         fitness.Distribution.DrawPair, Search.drawPairs
//	3.3.1    simplification: drop what is unfit        Search.simplify, fitness.Fitness.Drop
//	3.3.1    Lock: what is inherited is not dropped    Search.simplify
//	3.3.2    sampling within the constraint            Search.sample, drawing.fill
//	3.3.2    Rehearse: the last front is scored again  Search.sample, rehearsed
//	3.3.2    accuracy, with BN recalibrated            Search.Score, supernet.Net.Score
//	3.3.2    Pareto front                              Search.Retrieve, pareto.Front
//	3.3.2    edging: extras beside the interval        frontOf, pareto.Edge
//	3.3.3    replenishment from the pending lists      Search.replenish, space.Space.Replenish
//	4.1      end rules                                 Search.ended, Search.advance
//	A.3      identity path of a normal layer           space.Path, space.Problem
package evolve
