// Package search counts log lines at Datadog.
//
// Source: docs.datadoghq.com/api/latest/logs (Aggregate events).
package search

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"foobar/internal/fault"
	"foobar/internal/monitoring/datadog/api"
)

const (
	path = "/api/v2/logs/analytics/aggregate"
	// mostHosts is how many hosts are counted.
	mostHosts = 1000
)

// Count searches for lines that hold a word, of the time since, and counts them by the host
// that they are from. The word is letters and digits alone. A line is found from some seconds
// on after it was taken.
func Count(ctx context.Context, s *api.Service, word string, since time.Time) (map[string]int, error) {
	type object = map[string]any
	query := object{
		"filter":   object{"query": "*:*" + word + "*", "from": strconv.FormatInt(since.UnixMilli(), 10), "to": strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10)},
		"compute":  []object{{"aggregation": "count", "type": "total"}},
		"group_by": []object{{"facet": "host", "limit": mostHosts}},
	}
	var found struct {
		Data struct {
			Buckets []struct {
				By       map[string]string
				Computes map[string]float64
			}
		}
	}
	there, err := s.Ask(ctx, api.Question{Method: http.MethodPost, Path: path, Body: query, Right: "logs_read_data"}, &found)
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, fault.Wrap(fault.MonitorAway, errors.New("the monitoring service's API has no search for logs; see whether monitoring.api is its URL"))
	}
	counts := map[string]int{}
	for _, b := range found.Data.Buckets {
		counts[b.By["host"]] += int(b.Computes["c0"])
	}
	return counts, nil
}
