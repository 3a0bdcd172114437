package ask

import "sync"

// Each does something for every item, at most forks of them side by side, and
// returns when all is done; 0 forks means all at once.
func Each[T any](forks int, items []T, do func(i int, item T)) {
	if forks <= 0 {
		forks = max(len(items), 1)
	}
	slots := make(chan struct{}, forks)
	var wg sync.WaitGroup
	for i, item := range items {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			do(i, item)
		})
	}
	wg.Wait()
}
