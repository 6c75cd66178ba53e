%% A ring of processes, in the order in which they were made or in one that was drawn.
-module(peer_rings).
-export([ring/1]).
-include("peer.hrl").

ring(#task{work = Work, actors = Actors, messages = Messages}) ->
    Me = self(),
    Made = [spawn(fun() -> unlinked(Me) end) || _ <- lists:seq(1, Actors)],
    Ring = case Work of
        ring -> Made;
        'ring-shuffled' -> shuffled(list_to_tuple(Made), order(Actors))
    end,
    linked(Ring, hd(Ring), 0),
    gather(Actors, 0),
    Began = ?NOW,
    hd(Ring) ! Messages,
    {Ended, Last} = peer_latch:heard(ended),
    [Pid ! {tell, Me} || Pid <- Ring],
    #iteration{began = Began, ended = Ended, counts = [gather(Actors, 0), Last]}.

shuffled(Made, Order) -> [element(Number, Made) || Number <- Order].

linked([Pid | [Next | _] = Rest], First, Place) ->
    Pid ! {next, {Next, Place}},
    linked(Rest, First, Place + 1);
linked([Pid], First, Place) -> Pid ! {next, {First, Place}}.

%% The sum of what all tell.
gather(0, Sum) -> Sum;
gather(Left, Sum) -> gather(Left - 1, Sum + peer_latch:heard(told)).

unlinked(Me) ->
    {Next, Place} = peer_latch:heard(next),
    Me ! {told, 0},
    hop(Next, Place, Me, 0).

%% A token is how many hops are left.
hop(Next, Place, Me, Count) ->
    receive
        1 ->
            Me ! {ended, {?NOW, Place}},
            hop(Next, Place, Me, Count + 1);
        Left when is_integer(Left) ->
            Next ! Left - 1,
            hop(Next, Place, Me, Count + 1);
        {tell, Whom} -> Whom ! {told, Count}
    end.

%% The same for the same number, and drawn once: a list of a million is sorted for it.
order(Count) ->
    case persistent_term:get({?MODULE, Count}, none) of
        none ->
            {Keys, _} = lists:mapfoldl(fun(Number, Random) ->
                {Key, Next} = rand:uniform_s(Random),
                {{Key, Number}, Next}
            end, rand:seed_s(exsss, 1), lists:seq(1, Count)),
            Order = [Number || {_, Number} <- lists:sort(Keys)],
            persistent_term:put({?MODULE, Count}, Order),
            Order;
        Order -> Order
    end.
